/**
 * Bytes that no other thread shares. Hosts may use TypeScript before 5.7, where `Uint8Array` is not
 * generic.
 */
export type Bytes = Uint8Array & { readonly buffer: ArrayBuffer };

/** The answer to one POST, or the reason why no answer came. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly date: string | undefined;
      readonly location: string | undefined;
      /** The body of the answer. Empty if it was longer than `maxAnswerLength`. */
      readonly body: string;
    }
  | { readonly kind: 'unreachable'; readonly message: string };

/** The request of one POST. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
  readonly timeoutMs: number;
  readonly maxAnswerLength: number;
}

/** A compressed body, and the name of its content encoding. */
export interface Compressed {
  readonly bytes: Bytes;
  readonly encoding: 'br' | 'gzip';
}

/** Keeps a value for the asynchronous calls made inside `run`. */
export interface ContextStore<T> {
  run<R>(value: T, fn: () => R): R;
  getStore(): T | undefined;
}

/** Memory to write text into, byte by byte. Unwritten bytes are undefined. */
export interface Scratch {
  readonly bytes: Bytes;
  /** Reads the text between two positions. `isAscii` promises that all of it is ASCII. */
  text(start: number, end: number, isAscii: boolean): string;
  /** Writes a text that has room. Returns its length in bytes. */
  write(text: string, start: number, isAscii: boolean): number;
}

/**
 * The functions that differ between runtimes. `#platform` resolves to `platform-node.ts` if Node's modules
 * exist, else to `platform-web.ts` (see `imports` in package.json).
 */
export interface Platform {
  /** Never rejects and follows no redirect. A request in flight keeps no process alive. */
  post(post: Post): Promise<Answer>;
  /** Compresses a batch. Throws or rejects where the runtime cannot. */
  compress(bytes: Bytes): Compressed | Promise<Compressed>;
  utf8Length(text: string): number;
  createScratch(bytes: number): Scratch;
  fillRandom(bytes: Bytes): void;
  createContextStore<T>(): ContextStore<T> | undefined;
  environmentVariable(name: string): string | undefined;
  /**
   * Calls back each time the process has nothing left to do. Work that starts in the callback keeps
   * it alive.
   */
  onBeforeExit(callback: () => void): void;
  /**
   * Calls back when the process ends with an exit code other than 0. Asynchronous work is no longer
   * possible then.
   */
  onFailedExit(callback: () => void): void;
  /** Makes a POST while the thread waits, if the runtime can. Never throws. */
  postNow(post: Post): Answer;
  /** Makes a timer not keep the process alive. */
  unrefTimer(timer: ReturnType<typeof setTimeout>): void;
}
