import type { XRaySDK } from '../client.js';
import type { Execution, ExecutionOptions } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import type { HeaderSource } from '../trace.js';
import { chosenStart, runHandler } from './start.js';

/**
 * The part of AWS Lambda's context that the adapter uses.
 *
 * @example
 * ```ts
 * import type { LambdaContext } from '@xray/sdk/lambda';
 *
 * const isLate = (context: LambdaContext) => context.getRemainingTimeInMillis() < 1_000;
 * ```
 */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  getRemainingTimeInMillis(): number;
}

/**
 * The options of a recorded function.
 *
 * @example
 * ```ts
 * import type { LambdaOptions } from '@xray/sdk/lambda';
 *
 * const options: LambdaOptions<{ path: string }> = { start: ({ path }) => (path === '/decide' ? {} : undefined) };
 * ```
 */
export interface LambdaOptions<Event> {
  /** Returns the execution's options for this event, or `undefined` to record none. Default: `{}`. */
  start?: ((event: Event, context: LambdaContext) => ExecutionOptions | undefined) | undefined;
  /** The longest time to wait for the delivery after each call, in milliseconds. Default: 2,000. */
  maxFlushMs?: number | undefined;
}

type Callback<R> = (error?: Error | string | null, result?: R) => void;

/** The time that stays for Lambda after the delivery. */
const RESERVED_MS = 500;

/**
 * Records each call of a function on AWS Lambda, and delivers the record before it returns, because
 * Lambda freezes the process then. The execution fails on an error or a `statusCode` of 500 or more.
 *
 * @example
 * ```ts
 * import { xrayLambda } from '@xray/sdk/lambda';
 *
 * const handler = xrayLambda(xray, async (event: { score: number }) => {
 *   xray.current()?.decide(event.score >= 660 ? 'approved' : 'declined');
 *   return { statusCode: 200 };
 * });
 * ```
 */
export function xrayLambda<Event, Context extends LambdaContext, R>(
  xray: XRaySDK,
  handler: (event: Event, context: Context, callback: Callback<R>) => R | Promise<R> | void,
  options: LambdaOptions<Event> = {},
): (event: Event, context: Context) => Promise<R> {
  return async (event, context) => {
    const choose = (): ExecutionOptions | undefined =>
      options.start === undefined ? {} : options.start(event, context);
    const start = chosenStart('Lambda', choose, {
      fromHeaders: quietly(() => headersOf(event)),
      input: event,
      ...quietly(() => factsOf(context)),
    });
    const call = (): Promise<R> => resultOf(handler, event, context);
    if (start === undefined) return await call();
    try {
      return await runHandler(xray, start, async (execution: Execution) => {
        const result = await call();
        execution.set({ output: result });
        return result;
      });
    } finally {
      await xray.flush(quietly(() => timeLeft(context, options)) ?? 0);
    }
  };
}

function factsOf({ awsRequestId, functionName, functionVersion }: LambdaContext): ExecutionOptions {
  return {
    metadata: { function: functionName, request: awsRequestId },
    versions: { function: functionVersion },
  };
}

function timeLeft(context: LambdaContext, { maxFlushMs = 2_000 }: LambdaOptions<never>): number {
  return Math.max(0, Math.min(maxFlushMs, context.getRemainingTimeInMillis() - RESERVED_MS));
}

/** A handler with three parameters answers by its callback, unless it returns a promise. */
function resultOf<Event, Context, R>(
  handler: (event: Event, context: Context, callback: Callback<R>) => R | Promise<R> | void,
  event: Event,
  context: Context,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const callback: Callback<R> = (error, result) => {
      if (error === undefined || error === null) resolve(result as R);
      else reject(error);
    };
    const returned = handler(event, context, callback);
    const isByCallback = handler.length >= 3 && !isThenable(returned);
    if (!isByCallback) resolve(returned as R);
  });
}

function isThenable(value: unknown): boolean {
  return isObject(value) && typeof asRecord(value)['then'] === 'function';
}

function headersOf(event: unknown): HeaderSource | undefined {
  const headers = isObject(event) ? asRecord(event)['headers'] : undefined;
  return isObject(headers) ? (headers as HeaderSource) : undefined;
}
