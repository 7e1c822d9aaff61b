/** Bytes that no other thread shares. `Uint8Array` is generic only since TypeScript 5.7, and hosts may use an older one. */
export type Bytes = Uint8Array & { readonly buffer: ArrayBuffer };

/** The answer to one POST, or the reason why there is no answer. */
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

/** Memory to write text into, byte by byte, and to read it from. Unwritten bytes have any value. */
export interface Scratch {
  readonly bytes: Uint8Array;
  /** The text between two places. `isAscii` promises that all of it is ASCII. */
  text(start: number, end: number, isAscii: boolean): string;
}

/**
 * The functions that differ between runtimes. `#platform` resolves to `platform-node.ts` where Node's modules
 * exist and to `platform-web.ts` elsewhere (see `imports` in package.json).
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
  /** Calls back each time the process has nothing left to do. Work that starts then keeps it alive. */
  onBeforeExit(callback: () => void): void;
  /** Calls back when the process ends with an exit code other than 0. No asynchronous work is possible then. */
  onFailedExit(callback: () => void): void;
  /** Makes a POST while the thread waits, where the runtime can. Never throws. */
  postNow(post: Post): Answer;
  /** Lets a timer keep no process alive. */
  unrefTimer(timer: ReturnType<typeof setTimeout>): void;
}
