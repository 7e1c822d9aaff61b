import type { XRaySDK } from '../client.js';
import type { ExecutionOptions } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import type { HeaderSource } from '../trace.js';
import { chosenStart } from './start.js';

/**
 * The options of the interceptor.
 *
 * @example
 * ```ts
 * import type { NestOptions } from '@xray/sdk/nest';
 *
 * const options: NestOptions = { start: () => ({ pipeline: 'loan-approval' }) };
 * ```
 */
export interface NestOptions<Context = NestContext> {
  /** Returns the execution's options for this call, or `undefined` to record none. */
  start: (context: Context) => ExecutionOptions | undefined;
}

/**
 * The part of Nest's execution context that the interceptor uses.
 *
 * @example
 * ```ts
 * import type { NestContext } from '@xray/sdk/nest';
 *
 * const nameOf = (context: NestContext) => context.getHandler().name;
 * ```
 */
export interface NestContext {
  getType(): string;
  getHandler(): { readonly name: string };
  switchToHttp(): { getRequest(): unknown };
}

/** What Nest gives to an interceptor: a handler, which returns an observable of RxJS. */
interface CallHandler<Stream> {
  handle(): Stream;
}

/**
 * An interceptor for Nest 10 and later that records an execution for each call that `start` chooses.
 * Handlers get it by `xray.current()`. It fails on an error, except on errors of HTTP below 500.
 *
 * @example
 * ```ts
 * import { xrayInterceptor } from '@xray/sdk/nest';
 *
 * const interceptor = xrayInterceptor(xray, { start: () => ({ pipeline: 'loan-approval' }) });
 * ```
 */
export function xrayInterceptor<Context extends NestContext = NestContext>(
  xray: XRaySDK,
  options: NestOptions<Context>,
): { intercept<Stream>(context: Context, next: CallHandler<Stream>): Stream } {
  return {
    intercept(context, next) {
      const start = chosenStart('Nest', () => options.start(context), {
        fromHeaders: quietly(() => headersOf(context)),
      });
      if (start === undefined) return next.handle();
      let outcome: Outcome<ReturnType<typeof next.handle>> | undefined;
      const ended = xray.run(start, async () => {
        await new Promise<void>((resolve, reject) => {
          const failed = (error: unknown): void =>
            isServerError(error) ? reject(error) : resolve();
          try {
            outcome = { stream: followed(next.handle(), resolve, failed) };
          } catch (error) {
            outcome = { error };
            failed(error);
          }
        });
      });
      // `run` has recorded the failure, and Nest gets it by the stream.
      ended.catch(() => {});
      if (outcome === undefined) return next.handle();
      if ('error' in outcome) throw outcome.error;
      return outcome.stream;
    },
  };
}

type Outcome<Stream> = { readonly stream: Stream } | { readonly error: unknown };

function headersOf(context: NestContext): HeaderSource | undefined {
  if (context.getType() !== 'http') return undefined;
  const request = context.switchToHttp().getRequest();
  return isObject(request) ? (asRecord(request)['headers'] as HeaderSource) : undefined;
}

function isServerError(error: unknown): boolean {
  const { status, statusCode } = isObject(error) ? asRecord(error) : {};
  const code = quietly(() => status ?? statusCode);
  return typeof code !== 'number' || code >= 500;
}

interface Observer {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

interface Observable {
  subscribe(observer: Observer): { unsubscribe(): void };
}

/**
 * Returns an observable that does the same, and reports its end. Its class is that of the source,
 * so RxJS need not be imported. `ended` also when the subscriber leaves.
 */
function followed<Stream>(
  source: Stream,
  ended: () => void,
  failed: (error: unknown) => void,
): Stream {
  const watched = quietly(() => {
    const { constructor, subscribe } = source as Stream & { subscribe?: unknown };
    if (typeof subscribe !== 'function') return undefined;
    const Source = constructor as new (start: (observer: Observer) => () => void) => Stream;
    return new Source((observer) => {
      const subscription = (source as Observable).subscribe({
        next: (value) => observer.next(value),
        error: (error) => {
          failed(error);
          observer.error(error);
        },
        complete: () => {
          ended();
          observer.complete();
        },
      });
      return () => {
        ended();
        subscription.unsubscribe();
      };
    });
  });
  if (watched !== undefined) return watched;
  ended();
  return source;
}
