import { NodeFS } from '@electric-sql/pglite/nodefs';

type Init = NodeFS['init'];

interface Timer {
  /** By `performance.now()`. */
  at: number;
  fire: () => void;
}

/** An operation on an open file, as Emscripten's file systems have it. */
type FileOperation = (...args: unknown[]) => unknown;

/**
 * The files of the embedded Postgres, and its clock. Postgres ends a statement by a timer, which in
 * WebAssembly is JavaScript's, and no JavaScript runs while a query does, but for its files: with each
 * block that is read or written, the timers that are due are fired. What reads nothing is not ended.
 */
export class FilesWithTimers extends NodeFS {
  readonly #whenUsed: () => void;

  /** Calls `whenUsed` for each block that is read or written. */
  constructor(dataDir: string, whenUsed: () => void) {
    super(dataDir);
    this.#whenUsed = whenUsed;
  }

  override async init(...[database, options]: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(database, options);
    const fireDue = takeOverTimers();
    const preRun = emscriptenOpts.preRun ?? [];
    preRun.push(({ NODEFS }) => {
      const { stream_ops: operations } = NODEFS as unknown as {
        stream_ops: Record<'read' | 'write', FileOperation>;
      };
      for (const name of ['read', 'write'] as const) {
        const operation = operations[name];
        operations[name] = (...args) => {
          this.#whenUsed();
          fireDue();
          return operation(...args);
        };
      }
    });
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

/** Sees to this thread's timers: what it gives fires those that are due, once each, wherever it is called. */
function takeOverTimers(): () => void {
  const timers = new Map<unknown, Timer>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const setTimeout = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const fire = (): void => {
      timers.delete(id);
      callback(...args);
    };
    const id = set(fire, ms);
    timers.set(id, { at: performance.now() + ms, fire });
    return id;
  };
  const clearTimeout = (id: Parameters<typeof clear>[0]): void => {
    timers.delete(id);
    clear(id);
  };
  Object.assign(globalThis, { setTimeout, clearTimeout });
  return () => {
    const now = performance.now();
    for (const [id, { at, fire }] of timers) {
      if (at > now) continue;
      clear(id as ReturnType<typeof set>);
      fire();
    }
  };
}
