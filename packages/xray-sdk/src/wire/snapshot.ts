import type { Decision, Subject } from './decision.js';
import type { Step } from './step.js';

/**
 * The decision snapshot, version 1, as the SDK writes it (docs/wire-format.md). Its steps, decision and candidates have
 * files of their own. A compile-time test proves these types equal to the schemas of `@xray/core`.
 */

/**
 * Any JSON value.
 *
 * @example
 * ```ts
 * const value: Json = { score: 750, bands: ['A', null] };
 * ```
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The technical result of an execution. A declined loan is `completed`, not `failed`.
 *
 * @example
 * ```ts
 * const status: Status = 'timed_out';
 * ```
 */
export type Status = 'running' | 'completed' | 'failed' | 'canceled' | 'timed_out';

/**
 * One execution of a decision pipeline: one JSON object.
 *
 * @example
 * ```ts
 * const smallest: Snapshot = { executionId: 'e-1', appId: 'my-loan-app', pipeline: 'loan-approval', steps: [] };
 * ```
 */
export interface Snapshot {
  schemaVersion?: 1 | undefined;
  executionId: string;
  revision?: number | undefined;
  instanceId?: string | undefined;
  instanceSeq?: number | undefined;
  appId: string;
  pipeline: string;
  environment?: string | undefined;
  versions?: Record<string, string> | undefined;
  status?: Status | undefined;
  decision?: Decision | undefined;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  sentAt?: string | undefined;
  durationMs?: number | undefined;
  subjects?: Subject[] | undefined;
  input?: Json | undefined;
  output?: Json | undefined;
  tags?: string[] | undefined;
  metadata?: Record<string, string | number | boolean> | undefined;
  trace?: Trace | undefined;
  links?: Link[] | undefined;
  readFrom?: { pipeline?: string | undefined; environment?: string | undefined } | undefined;
  steps: Step[];
  dropped?: Dropped | undefined;
  marks?: Mark[] | undefined;
  replay?: { run: string; arm: 'candidate' | 'control' } | undefined;
  sdk?: { name: string; version: string } | undefined;
}

/**
 * W3C trace context: 32 hex digits, 16 hex digits, flags.
 *
 * @example
 * ```ts
 * const trace: Trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
 * ```
 */
export interface Trace {
  traceId: string;
  spanId: string;
  flags?: number | undefined;
}

/**
 * The relation of one execution to another.
 *
 * @example
 * ```ts
 * const relation: Relation = 'review_of';
 * ```
 */
export type Relation = 'parent' | 'retry_of' | 'review_of' | 'overrides' | 'replay_of';

/**
 * A link to another execution, or to one step of it.
 *
 * @example
 * ```ts
 * const link: Link = { executionId: 'e-1', relation: 'overrides' };
 * ```
 */
export interface Link {
  executionId: string;
  stepSequence?: number | undefined;
  relation: Relation;
}

/**
 * Counts of the parts that the SDK left out of a snapshot.
 *
 * @example
 * ```ts
 * const dropped: Dropped = { snapshotsSinceLast: 3 };
 * ```
 */
export interface Dropped {
  steps?: number | undefined;
  candidates?: number | undefined;
  bytes?: number | undefined;
  snapshotsSinceLast?: number | undefined;
}

/**
 * Says that a part of the record was cut, dropped, sampled, redacted or coerced.
 *
 * @example
 * ```ts
 * const mark: Mark = { path: '/steps/0/output/name', kind: 'truncated', original: 90_000, kept: 16_384, unit: 'bytes' };
 * ```
 */
export interface Mark {
  path: string;
  kind:
    | 'truncated'
    | 'sampled'
    | 'dropped'
    | 'redacted'
    | 'hashed'
    | 'coerced'
    | 'circular'
    | 'redactor_error'
    | 'clock_skew'
    | 'erased';
  rule?: string | undefined;
  original?: number | undefined;
  kept?: number | undefined;
  unit?: 'bytes' | 'items' | 'depth' | undefined;
}
