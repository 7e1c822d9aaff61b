import type { PipelineReplay, ReplayResult } from './replay/plan.js';
import type { ReplayOptions } from './replay.js';
import type { Snapshot } from './wire/snapshot.js';

export { decidedOf, differenceOf } from './replay/decided.js';
export { ReplayLeak, ReplayMiss } from './replay/errors.js';

/** A replay needs Node. Other runtimes can load this entry, so that a bundle with it still builds. */
// oxlint-disable-next-line require-yield -- It only throws, as an asynchronous generator does: when it is read.
export async function* replay(
  _records: Iterable<Snapshot> | AsyncIterable<Snapshot>,
  _plan: PipelineReplay,
  _options?: ReplayOptions,
): AsyncGenerator<ReplayResult, void, undefined> {
  throw new Error('@xray/sdk/replay needs Node');
}
