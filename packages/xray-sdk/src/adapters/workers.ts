import type { XRaySDK } from '../client.js';
import type { Execution, ExecutionOptions } from '../execution.js';
import { quietly } from '../source.js';
import { chosenStart, runHandler } from './start.js';

/**
 * The options of a recorded Worker.
 *
 * @example
 * ```ts
 * import type { WorkerOptions } from '@xray/sdk/workers';
 *
 * const options: WorkerOptions = { start: ({ url }) => (url.endsWith('/decide') ? {} : undefined) };
 * ```
 */
export interface WorkerOptions<Env = unknown> {
  /** Returns the execution's options for this request, or `undefined` to record none. Default: `{}`. */
  start?: ((request: Request, env: Env) => ExecutionOptions | undefined) | undefined;
}

/** The part of a Worker's context that the adapter uses. */
interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Records each request of a Worker of Cloudflare. Give a function that makes the client, because a
 * Worker knows its keys only by `env`. It runs once for each `env`. The record is delivered after
 * the answer, by `waitUntil`. The handler gets its execution by `executionOf(request)`.
 *
 * @example
 * ```ts
 * import { executionOf, xrayWorker } from '@xray/sdk/workers';
 *
 * interface Env { XRAY_API_KEY: string }
 * const client = (env: Env) => new XRaySDK({ apiKey: env.XRAY_API_KEY, appId: 'my-loan-app', pipeline: 'loan-approval' });
 *
 * const worker = xrayWorker(client, {
 *   fetch(request: Request) {
 *     executionOf(request)?.decide('approved');
 *     return new Response('approved');
 *   },
 * });
 * ```
 */
export function xrayWorker<Env, Worker extends { fetch: Fetch<Env> }>(
  client: XRaySDK | ((env: Env) => XRaySDK),
  worker: Worker,
  options: WorkerOptions<Env> = {},
): Omit<Worker, 'fetch'> & {
  fetch(request: Request, env: Env, context: WorkerContext): Promise<Response>;
} {
  const clients = new Map<Env, XRaySDK>();
  const clientOf = (env: Env): XRaySDK => {
    if (typeof client !== 'function') return client;
    const made = clients.get(env) ?? client(env);
    // A platform has one `env`. Only a test or an emulator makes many.
    clients.clear();
    clients.set(env, made);
    return made;
  };
  const fetch = async (request: Request, env: Env, context: WorkerContext): Promise<Response> => {
    const bare = (): Response | Promise<Response> =>
      (worker.fetch as AnyFetch)(request, env, context);
    const xray = quietly(() => clientOf(env));
    const choose = (): ExecutionOptions | undefined =>
      options.start === undefined ? {} : options.start(request, env);
    const start = chosenStart('Workers', choose, {
      fromHeaders: request.headers,
      waitUntil: (delivered) => context.waitUntil(delivered),
    });
    if (xray === undefined || start === undefined) return await bare();
    return await runHandler(xray, start, (execution) => {
      executions.set(request, execution);
      return bare();
    });
  };
  return { ...worker, fetch };
}

/**
 * Returns the execution of this request, if one was started.
 *
 * @example
 * ```ts
 * import { executionOf } from '@xray/sdk/workers';
 *
 * const decide = (request: Request) => executionOf(request)?.decide('approved');
 * ```
 */
export function executionOf(request: object): Execution | undefined {
  return executions.get(request);
}

const executions = new WeakMap<object, Execution>();

/** Workers may declare narrower types of requests and contexts than those of the platform. */
type Fetch<Env> = (request: never, env: Env, context: never) => Response | Promise<Response>;
type AnyFetch = (request: unknown, env: unknown, context: unknown) => Response | Promise<Response>;
