import type { XRaySDK } from './client.js';
import type { Execution, ExecutionOptions } from './execution.js';
import { isObject, overlay, quietly } from './source.js';
import { warnOnce } from './warning.js';

/** The part of Express's request and response that the middleware uses, in Express 4 and 5. */
interface Incoming {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Outgoing {
  readonly statusCode: number;
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  /** Servers that only resemble Express may lack it. */
  locals?: Record<string, unknown>;
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

/**
 * The options of the middleware.
 *
 * @example
 * ```ts
 * import type { Request } from 'express';
 * import type { ExpressOptions } from '@xray/sdk/express';
 *
 * const options: ExpressOptions<Request> = { start: ({ path }) => (path === '/decide' ? {} : undefined) };
 * ```
 */
export interface ExpressOptions<Request> {
  /** Returns the execution's options for this request, or `undefined` to record none. */
  start: (request: Request) => ExecutionOptions | undefined;
}

/**
 * Express middleware that records an execution for each request that `start` chooses. Later
 * handlers get it by `xray.current()`, or by `executionOf(response)` where there is no
 * AsyncLocalStorage. The execution fails on a 5xx answer or when the client disconnects, and else
 * completes. It continues the trace of the caller's headers.
 *
 * @example
 * ```ts
 * import express, { type Request } from 'express';
 * import { xrayMiddleware } from '@xray/sdk/express';
 *
 * const start = ({ path }: Request) =>
 *   path === '/decide' ? { pipeline: 'loan-approval' } : undefined;
 * express().use(xrayMiddleware(xray, { start }));
 * ```
 */
export function xrayMiddleware<Request extends Incoming, Response extends Outgoing>(
  xray: XRaySDK,
  options: ExpressOptions<Request>,
): (request: Request, response: Response, next: () => void) => void {
  return (request, response, next) => {
    const start = startOf(options, request);
    if (start === undefined) {
      next();
      return;
    }
    const ended = xray.run(start, (execution) => {
      const whenEnded = endOf(response);
      // If `next` throws, nobody else handles this rejection when the client disconnects.
      whenEnded.catch(() => {});
      quietly(() => {
        response.locals ??= {};
        response.locals[LOCALS_KEY] = execution;
      });
      next();
      return whenEnded;
    });
    // `run` has recorded the failure, and the request is over.
    ended.catch(() => {});
  };
}

/**
 * Returns the execution of this response's request, if one was started.
 *
 * @example
 * ```ts
 * import type { RequestHandler } from 'express';
 * import { executionOf } from '@xray/sdk/express';
 *
 * const handler: RequestHandler = (_request, response) => {
 *   executionOf(response)?.set({ tags: ['priority'] });
 * };
 * ```
 */
export function executionOf(response: Pick<Outgoing, 'locals'>): Execution | undefined {
  return quietly(() => response.locals?.[LOCALS_KEY]) as Execution | undefined;
}

const LOCALS_KEY = 'xrayExecution';

/**
 * An error in `start` must not fail the request. The trace continues that of the caller by default.
 */
function startOf<Request extends Incoming>(
  options: ExpressOptions<Request>,
  request: Request,
): ExecutionOptions | undefined {
  let start: ExecutionOptions | undefined;
  try {
    start = options.start(request) ?? undefined;
  } catch {
    warnOnce('the start function of the Express middleware failed; its requests are not recorded');
    return undefined;
  }
  if (start === undefined) return undefined;
  const continued = { fromHeaders: quietly(() => request.headers) };
  return isObject(start) ? (overlay(continued, start) ?? continued) : continued;
}

function endOf(response: Outgoing): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      if (!response.writableFinished) reject(new Error('the client disconnected'));
      else if (response.statusCode < 500) resolve();
      else reject(new Error(`answered ${String(response.statusCode)}`));
    };
    response.once('finish', end);
    response.once('close', end);
    // The client may have disconnected while earlier middleware ran. Then no further event comes.
    if (response.destroyed || response.writableFinished) end();
  });
}
