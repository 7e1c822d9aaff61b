import type { XRaySDK } from '../client.js';
import type { ExecutionOptions } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import type { HeaderSource } from '../trace.js';
import { chosenStart, runHandler } from './start.js';

/**
 * The options of a recorded handler.
 *
 * @example
 * ```ts
 * import type { NextOptions } from '@xray/sdk/next';
 *
 * // `after` is from next/server.
 * const options: NextOptions<[Request]> = { waitUntil: after, start: () => ({ pipeline: 'loan-approval' }) };
 * ```
 */
export interface NextOptions<Args extends readonly unknown[]> {
  /** Returns the execution's options for this call, or `undefined` to record none. Default: `{}`. */
  start?: ((...args: Args) => ExecutionOptions | undefined) | undefined;
  /**
   * Keeps the function alive until the record is delivered: `after` of `next/server`, or `waitUntil`
   * of `@vercel/functions`.
   */
  waitUntil?: ((delivered: Promise<unknown>) => void) | undefined;
}

/**
 * Records each call of a route handler or a server action of Next.js. It fails on an error or a 5xx
 * answer. A redirect and `notFound()` complete it. The answer stays as it is.
 *
 * @example
 * ```ts
 * import { xrayNext } from '@xray/sdk/next';
 *
 * // `after` is from next/server.
 * const POST = xrayNext(xray, { waitUntil: after }, async (request: Request) => {
 *   const { score } = (await request.json()) as { score: number };
 *   xray.current()?.decide(score >= 660 ? 'approved' : 'declined');
 *   return Response.json({ isApproved: score >= 660 });
 * });
 * ```
 */
export function xrayNext<Args extends readonly unknown[], R>(
  xray: XRaySDK,
  options: NextOptions<Args>,
  handler: (...args: Args) => R | Promise<R>,
): (...args: Args) => Promise<R> {
  return async (...args) => {
    const choose = (): ExecutionOptions | undefined =>
      options.start === undefined ? {} : options.start(...args);
    const start = chosenStart('Next', choose, {
      fromHeaders: quietly(() => headersOf(args[0])),
      waitUntil: quietly(() => options.waitUntil),
    });
    if (start === undefined) return await handler(...args);
    return await runHandler(xray, start, () => handler(...args), isNavigation);
  };
}

/** A server action gets no request, so its execution begins a trace. */
function headersOf(request: unknown): HeaderSource | undefined {
  const headers = isObject(request) ? asRecord(request)['headers'] : undefined;
  return isObject(headers) ? (headers as HeaderSource) : undefined;
}

/** Next throws errors with such a digest for `redirect()`, `notFound()` and the like. */
function isNavigation(error: unknown): boolean {
  const digest = isObject(error) ? asRecord(error)['digest'] : undefined;
  return typeof digest === 'string' && digest.startsWith('NEXT_');
}
