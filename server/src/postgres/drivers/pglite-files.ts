import { NodeFS } from '@electric-sql/pglite/nodefs';

type Init = NodeFS['init'];

interface Timer {
  /** The time on the clock of `performance.now()`. */
  at: number;
  fire: () => void;
}

/** An operation on an open file, as Emscripten's file systems have it. */
type FileOperation = (...args: unknown[]) => unknown;

/**
 * The files of the embedded Postgres, and its timers. Postgres ends a slow statement by a timer. In
 * WebAssembly that is a JavaScript timer, which cannot fire during a query. So each read or write
 * of a file fires the timers that are due. A query that touches no file is not ended.
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

/**
 * Replaces this thread's timers. The returned function fires the timers that are due, once each.
 */
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
