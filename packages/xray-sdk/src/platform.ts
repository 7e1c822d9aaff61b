/** Bytes in memory of their own. `Uint8Array` is generic since TypeScript 5.7 only, and hosts may have an older one. */
export type Bytes = Uint8Array & { readonly buffer: ArrayBuffer };

/** What a server (or nothing at all) answered to one POST. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly date: string | undefined;
      readonly location: string | undefined;
      /** Empty if it was longer than `maxAnswerLength`. */
      readonly body: string;
    }
  | { readonly kind: 'unreachable'; readonly message: string };

/** One POST to make. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
  readonly timeoutMs: number;
  readonly maxAnswerLength: number;
}

/** A value that follows the asynchronous calls made inside `run`. */
export interface ContextStore<T> {
  run<R>(value: T, fn: () => R): R;
  getStore(): T | undefined;
}

/** Memory to write text into, byte by byte, and to read it from. What was not written holds anything. */
export interface Scratch {
  readonly bytes: Uint8Array;
  /** The text between two places; `isAscii` promises that there is nothing else in it. */
  text(start: number, end: number, isAscii: boolean): string;
}

/**
 * What differs between runtimes. `#platform` resolves to `platform-node.ts` where there are Node's
 * modules and to `platform-web.ts` elsewhere (see `imports` in package.json); both fit this.
 */
export interface Platform {
  /** Never rejects and follows no redirect. A request in flight keeps no process alive. */
  post(post: Post): Promise<Answer>;
  /** Compresses off the caller's thread; `undefined` where the runtime has no gzip. */
  gzip(bytes: Bytes): Promise<Bytes> | undefined;
  utf8Length(text: string): number;
  createScratch(bytes: number): Scratch;
  fillRandom(bytes: Bytes): void;
  createContextStore<T>(): ContextStore<T> | undefined;
  environmentVariable(name: string): string | undefined;
  /** Calls back each time the process has nothing left to do; work started then holds it alive. */
  onBeforeExit(callback: () => void): void;
  /** Calls back when the process ends with an exit code other than 0. No asynchronous work is possible then. */
  onFailedExit(callback: () => void): void;
  /** Makes a POST while the thread waits, where that is possible. Never throws. */
  postNow(post: Post): Answer;
  /** Takes a timer out of the count of what keeps a process alive. */
  unrefTimer(timer: ReturnType<typeof setTimeout>): void;
}
