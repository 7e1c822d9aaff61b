import type { Execution, ExecutionOptions } from '../execution.js';
import type { XRaySDK } from '../client.js';
import { asRecord, isObject, overlay, quietly } from '../source.js';
import type { HeaderSource } from '../trace.js';
import { warnOnce } from '../warning.js';

/** The default options of an execution, which the host's choice overrides. */
export interface StartDefaults extends ExecutionOptions {
  readonly fromHeaders?: HeaderSource | undefined;
}

/**
 * Asks the host whether to record this request, job or call. An error in its function must not fail
 * the request. Returns `undefined` to record nothing.
 */
export function chosenStart(
  adapter: string,
  choose: () => ExecutionOptions | undefined | null,
  defaults: StartDefaults = {},
): ExecutionOptions | undefined {
  let start: ExecutionOptions | undefined;
  try {
    start = choose() ?? undefined;
  } catch {
    warnOnce(`the start function of the ${adapter} adapter failed; its calls are not recorded`);
    return undefined;
  }
  if (start === undefined) return undefined;
  return isObject(start) ? (overlay(defaults, start) ?? defaults) : defaults;
}

/** An error that only steers a framework, such as a redirect. */
interface Signal {
  readonly error: unknown;
}

/**
 * Runs a handler as an execution. It fails when the handler throws or answers with a 5xx status, and
 * completes when the error only steers the framework.
 */
export async function runHandler<R>(
  xray: XRaySDK,
  start: ExecutionOptions,
  handle: (execution: Execution) => R | PromiseLike<R>,
  isSignal: (error: unknown) => boolean = () => false,
): Promise<R> {
  let signal: Signal | undefined;
  const result = await xray.run(start, async (execution) => {
    try {
      const answer = await handle(execution);
      failOnServerError(execution, answer);
      return answer;
    } catch (error) {
      if (quietly(() => isSignal(error)) !== true) throw error;
      signal = { error };
      return undefined;
    }
  });
  if (signal !== undefined) throw signal.error;
  // Without a signal the handler has returned.
  return result as R;
}

/** The status of a `Response`, or of the object that a function of AWS Lambda returns. */
function failOnServerError(execution: Execution, answer: unknown): void {
  const { status, statusCode } =
    quietly(() => (isObject(answer) ? asRecord(answer) : undefined)) ?? {};
  const code = status ?? statusCode;
  if (typeof code === 'number' && code >= 500) {
    execution.failExecution(new Error(`answered ${String(code)}`));
  }
}
