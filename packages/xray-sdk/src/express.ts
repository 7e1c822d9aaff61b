import { endOf, type NodeResponse } from './adapters/response-end.js';
import { chosenStart } from './adapters/start.js';
import type { XRaySDK } from './client.js';
import type { Execution, ExecutionOptions } from './execution.js';
import { quietly } from './source.js';

/** The part of Express's request and response that the middleware uses, in Express 4 and 5. */
interface Incoming {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Outgoing extends NodeResponse {
  /** Servers that only resemble Express may lack it. */
  locals?: Record<string, unknown>;
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
    const start = chosenStart('Express', () => options.start(request), {
      fromHeaders: quietly(() => request.headers),
    });
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
