import type { XRaySDK } from '../client.js';
import type { Execution, ExecutionOptions } from '../execution.js';
import { quietly } from '../source.js';

/**
 * Where an adapter records: in the current execution, else in an execution that it starts.
 *
 * @example
 * ```ts
 * import type { PlaceOptions } from '@xray/sdk/json-rules-engine';
 *
 * const options: PlaceOptions = { start: { pipeline: 'pricing' } };
 * ```
 */
export interface PlaceOptions {
  /** Default: `xray.current()` at the time of the call. */
  execution?: Execution | undefined;
  /** The options of the execution that starts if there is none. `false` records nothing then. */
  start?: ExecutionOptions | false | undefined;
}

/**
 * Calls `work` with the execution to record in. `isOwn`: the adapter started it, so nobody else
 * decides it.
 */
export function recordIn<R>(
  xray: XRaySDK,
  options: PlaceOptions,
  work: (execution: Execution, isOwn: boolean) => R,
  bare: () => R,
): R {
  const execution = quietly(() => options.execution) ?? quietly(() => xray.current());
  if (execution !== undefined) return work(execution, false);
  const start = quietly(() => options.start) ?? {};
  if (start === false) return bare();
  return xray.run(start, (started) => work(started, true));
}
