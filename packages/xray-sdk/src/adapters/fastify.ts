import type { XRaySDK } from '../client.js';
import type { Execution, ExecutionOptions } from '../execution.js';
import { quietly } from '../source.js';
import type { HeaderSource } from '../trace.js';
import { endOf, type NodeResponse } from './response-end.js';
import { chosenStart } from './start.js';

/**
 * The options of the plugin.
 *
 * @example
 * ```ts
 * import type { FastifyRequest } from 'fastify';
 * import type { FastifyOptions } from '@xray/sdk/fastify';
 *
 * const options: FastifyOptions<FastifyRequest> = { start: ({ url }) => (url === '/decide' ? {} : undefined) };
 * ```
 */
export interface FastifyOptions<Request> {
  /** Returns the execution's options for this request, or `undefined` to record none. */
  start: (request: Request) => ExecutionOptions | undefined;
}

/**
 * A plugin for Fastify 4 and 5. It applies to all routes of the instance that registers it.
 *
 * @example
 * ```ts
 * import { type FastifyPlugin, xrayFastify } from '@xray/sdk/fastify';
 *
 * const plugin: FastifyPlugin = xrayFastify(xray, { start: () => ({}) });
 * ```
 */
export type FastifyPlugin = (
  app: { addHook(name: never, hook: never): unknown },
  options: unknown,
  done: () => void,
) => void;

/**
 * Records an execution for each request that `start` chooses. Handlers get it by `xray.current()`
 * or by `executionOf(request)`. It fails on a 5xx answer or when the client disconnects, and else
 * completes. It continues the trace of the caller's headers.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { xrayFastify } from '@xray/sdk/fastify';
 *
 * const app = fastify();
 * app.register(xrayFastify(xray, { start: () => ({ pipeline: 'loan-approval' }) }));
 * ```
 */
export function xrayFastify<Request extends object>(
  xray: XRaySDK,
  options: FastifyOptions<Request>,
): FastifyPlugin {
  const onRequest = (request: Request, reply: Reply, done: () => void): void => {
    const start = chosenStart('Fastify', () => options.start(request), {
      fromHeaders: quietly(() => (request as Partial<Incoming>).headers),
    });
    if (start === undefined) {
      done();
      return;
    }
    const ended = xray.run(start, (execution) => {
      const whenEnded = endOf(reply.raw);
      // If `done` throws, nobody else handles this rejection when the client disconnects.
      whenEnded.catch(() => {});
      executions.set(request, execution);
      contexts.set(request, keepContext());
      done();
      return whenEnded;
    });
    // `run` has recorded the failure, and the request is over.
    ended.catch(() => {});
  };
  const preValidation = (request: Request, _reply: Reply, done: () => void): void => {
    const enter = contexts.get(request);
    if (enter === undefined) done();
    else enter(done);
  };
  const plugin: FastifyPlugin = (app, _options, done) => {
    const { addHook } = app as { addHook(name: string, hook: unknown): unknown };
    addHook.call(app, 'onRequest', onRequest);
    addHook.call(app, 'preValidation', preValidation);
    done();
  };
  return Object.assign(plugin, {
    // Without this, Fastify would limit the hooks to routes inside the plugin.
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'xray',
  });
}

/**
 * Returns the execution of this request, if one was started.
 *
 * @example
 * ```ts
 * import type { RouteHandler } from 'fastify';
 * import { executionOf } from '@xray/sdk/fastify';
 *
 * const handler: RouteHandler = (request) => {
 *   executionOf(request)?.set({ tags: ['priority'] });
 * };
 * ```
 */
export function executionOf(request: object): Execution | undefined {
  return executions.get(request);
}

interface Incoming {
  readonly headers: HeaderSource;
}

interface Reply {
  readonly raw: NodeResponse;
}

const executions = new WeakMap<object, Execution>();
const contexts = new WeakMap<object, (work: () => void) => void>();

/**
 * Returns a function that runs some work in the asynchronous context of this call. Node emits the
 * parts of a request's body outside of it. A promise's callback keeps the context, and needs no
 * module of Node.
 */
function keepContext(): (work: () => void) => void {
  let enter: (work: () => void) => void = (work) => work();
  const entered = new Promise<() => void>((resolve) => (enter = resolve));
  void entered.then((work) => work());
  return (work) => enter(work);
}
