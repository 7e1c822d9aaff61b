import type { XRaySDK } from '../client.js';
import type { Execution } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import { type PlaceOptions, recordIn } from './place.js';

export type { PlaceOptions } from './place.js';

/**
 * The options of the hook. Without `start` an evaluation outside of an execution is not recorded.
 *
 * @example
 * ```ts
 * import type { FlagOptions } from '@xray/sdk/openfeature';
 *
 * const options: FlagOptions = { subject: 'user', hash: (key) => `hmac-of-${key}` };
 * ```
 */
export interface FlagOptions extends PlaceOptions {
  /**
   * The type of the subject that the targeting key becomes, such as `user`. It replaces earlier
   * subjects of the execution. Default: the key is only recorded in the step.
   */
  subject?: string | undefined;
  /** Hashes each targeting key before it is recorded. Use a keyed hash, such as an HMAC. */
  hash?: ((targetingKey: string) => string) | undefined;
}

/**
 * The part of OpenFeature's hook context that the hook reads.
 *
 * @example
 * ```ts
 * import type { FlagContext } from '@xray/sdk/openfeature';
 *
 * const nameOf = (flag: FlagContext) => flag.flagKey;
 * ```
 */
export interface FlagContext {
  readonly flagKey: string;
  readonly defaultValue: unknown;
  readonly context: object;
  readonly providerMetadata: { readonly name: string };
}

/**
 * A hook for the server and the web SDK of OpenFeature.
 *
 * @example
 * ```ts
 * import { type FlagHook, xrayFlagHook } from '@xray/sdk/openfeature';
 *
 * const hook: FlagHook = xrayFlagHook(xray);
 * ```
 */
export interface FlagHook {
  before(flag: FlagContext): void;
  after(flag: FlagContext, details: object): void;
  error(flag: FlagContext, error: unknown): void;
}

/**
 * Records each evaluation of a feature flag as a step: the value, variant, reason, targeting key,
 * provider, and errors. It never changes an evaluation.
 *
 * @example
 * ```ts
 * import { OpenFeature } from '@openfeature/server-sdk';
 * import { xrayFlagHook } from '@xray/sdk/openfeature';
 *
 * OpenFeature.addHooks(xrayFlagHook(xray));
 * const isNew = await OpenFeature.getClient().getBooleanValue('new-scoring', false);
 * ```
 */
export function xrayFlagHook(xray: XRaySDK, options: FlagOptions = {}): FlagHook {
  const record = (flag: FlagContext, outcome: Outcome): void => {
    quietly(() => {
      const start = quietly(() => options.start) ?? false;
      const execution = quietly(() => options.execution);
      recordIn(
        xray,
        { execution, start },
        (found) => recordFlag(found, flag, outcome, options),
        () => undefined,
      );
    });
  };
  return {
    before(flag) {
      // Versions before 1.18 of the SDK keep no data between the stages.
      quietly(() => hookData(flag)?.set?.(STARTED, performance.now()));
    },
    after(flag, details) {
      const { value, variant, reason, flagMetadata } = asRecord(details);
      record(flag, { output: { value, variant, reason, flagMetadata } });
    },
    error(flag, error) {
      record(flag, { output: { value: flag.defaultValue, reason: 'ERROR' }, error });
    },
  };
}

interface Outcome {
  readonly output: object;
  readonly error?: unknown;
}

const STARTED = 'xrayStartedMs';

interface HookData {
  set?(key: string, value: unknown): void;
  get?(key: string): unknown;
}

function hookData(flag: FlagContext): HookData | undefined {
  const data = asRecord(flag)['hookData'];
  return isObject(data) ? data : undefined;
}

function recordFlag(
  execution: Execution,
  flag: FlagContext,
  outcome: Outcome,
  options: FlagOptions,
): void {
  const key = quietly(() => targetingKeyOf(flag, options));
  const startedMs = quietly(() => hookData(flag)?.get?.(STARTED));
  const { type, isHashed } = subjectOf(options);
  if (key !== undefined && type !== undefined) {
    const idForm = isHashed ? 'hmac' : 'plain';
    execution.set({ subjects: [{ type, id: key, idForm }] });
  }
  execution.recordStep({
    name: flag.flagKey,
    kind: 'evaluate',
    input: { flag: flag.flagKey, defaultValue: flag.defaultValue, targetingKey: key },
    actor: { type: 'service', id: flag.providerMetadata.name },
    ...(typeof startedMs === 'number' ? { durationMs: performance.now() - startedMs } : {}),
    ...outcome,
  });
}

function subjectOf(options: FlagOptions): { type: string | undefined; isHashed: boolean } {
  return {
    type: quietly(() => options.subject),
    isHashed: quietly(() => options.hash) !== undefined,
  };
}

/** A hash that throws costs the key. The plain key must not be recorded then. */
function targetingKeyOf({ context }: FlagContext, { hash }: FlagOptions): string | undefined {
  const { targetingKey } = asRecord(context);
  if (typeof targetingKey !== 'string') return undefined;
  return hash === undefined ? targetingKey : hash(targetingKey);
}
