import type { XRaySDK } from '../client.js';
import type { Execution, ExecutionOptions } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import { chosenStart, runHandler } from './start.js';

/**
 * The part of Hono's context that the middleware uses.
 *
 * @example
 * ```ts
 * import type { HonoContext } from '@xray/sdk/hono';
 *
 * const pathOf = (context: HonoContext) => new URL(context.req.raw.url).pathname;
 * ```
 */
export interface HonoContext {
  readonly req: { readonly raw: Request; readonly path: string };
  readonly res: Response;
  readonly error: Error | undefined;
}

/**
 * The options of the middleware.
 *
 * @example
 * ```ts
 * import type { HonoOptions } from '@xray/sdk/hono';
 *
 * const options: HonoOptions = { start: ({ req }) => (req.path === '/decide' ? {} : undefined) };
 * ```
 */
export interface HonoOptions<Context = HonoContext> {
  /** Returns the execution's options for this request, or `undefined` to record none. */
  start: (context: Context) => ExecutionOptions | undefined;
}

/**
 * Middleware for Hono 4 that records an execution for each request that `start` chooses. Handlers
 * get it by `xray.current()`, or by `executionOf(context)` where there is no AsyncLocalStorage. It
 * fails on an error or a 5xx answer, and else completes. On edge runtimes the delivery is given to
 * `waitUntil`.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { xrayHono } from '@xray/sdk/hono';
 *
 * const app = new Hono();
 * app.use(xrayHono(xray, { start: () => ({ pipeline: 'loan-approval' }) }));
 * ```
 */
export function xrayHono<Context extends HonoContext = HonoContext>(
  xray: XRaySDK,
  options: HonoOptions<Context>,
): (context: Context, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const start = chosenStart('Hono', () => options.start(context), {
      fromHeaders: quietly(() => context.req.raw.headers),
      ...waitUntilOf(context),
    });
    if (start === undefined) {
      await next();
      return;
    }
    await runHandler(xray, start, async (execution) => {
      executions.set(context, execution);
      await next();
      const error = quietly(() => context.error);
      const status = quietly(() => context.res.status) ?? 200;
      if (status >= 500) execution.failExecution(error ?? new Error(`answered ${String(status)}`));
    });
  };
}

/**
 * Returns the execution of this request, if one was started.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { executionOf } from '@xray/sdk/hono';
 *
 * new Hono().post('/decide', (context) => {
 *   executionOf(context)?.decide('approved');
 *   return context.json({ isApproved: true });
 * });
 * ```
 */
export function executionOf(context: object): Execution | undefined {
  return executions.get(context);
}

const executions = new WeakMap<object, Execution>();

/** The getter `executionCtx` throws on runtimes without one. */
function waitUntilOf(context: object): Pick<ExecutionOptions, 'waitUntil'> {
  const platform = quietly(() => asRecord(context)['executionCtx']);
  if (!isObject(platform) || !('waitUntil' in platform)) return {};
  const given = platform as { waitUntil(delivered: Promise<unknown>): void };
  return { waitUntil: (delivered) => given.waitUntil(delivered) };
}
