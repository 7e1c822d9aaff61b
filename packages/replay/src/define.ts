import type { PipelineReplay } from '@xray/sdk/replay';

/** A plan for each pipeline, by its name. */
export type ReplayConfig = Readonly<Record<string, PipelineReplay>>;

/**
 * The configuration of a replay: the default export of `xray.replay.mjs`.
 *
 * @example
 * ```ts
 * export default defineReplay({ 'loan-approval': { run: (recorded) => decideLoan(xray, recorded.input, services) } });
 * ```
 */
export function defineReplay(config: ReplayConfig): ReplayConfig {
  return config;
}

/** Says what is wrong with a configuration, or nothing. */
export function faultOf(config: unknown): string | undefined {
  if (typeof config !== 'object' || config === null) {
    return 'its default export must be defineReplay({ pipeline: { run } })';
  }
  for (const [pipeline, plan] of Object.entries(config)) {
    const run = typeof plan === 'object' && plan !== null && 'run' in plan ? plan.run : undefined;
    if (typeof run !== 'function') return `the pipeline "${pipeline}" has no function run`;
  }
  return Object.keys(config).length === 0 ? 'it names no pipeline' : undefined;
}
