export type { Stats } from './accounts.js';
export type { CandidateOptions, FilterOptions, FilterRule, RankOptions } from './candidates.js';
export { XRaySDK, XRaySDK as default } from './client.js';
export type { Execution, ExecutionOptions } from './execution.js';
export type { DecisionDetails, ExecutionFacts } from './execution-fields.js';
export type { DeliveryOptions, DropEvent, DropReason, XRayOptions } from './options.js';
export type { Queued, QueueHost, SnapshotQueue } from './queue.js';
export type { RedactionPlace, RedactOptions } from './redact.js';
export type { SampleCandidate, SampleOptions } from './sampling.js';
export type { CheckDetails, Step, StepOptions } from './step.js';
export type { RuleRecord, StepNote, StepRecord } from './step-text.js';
export type { Continuation, HeaderSource } from './trace.js';
export type {
  Actor,
  Artifact,
  Candidate,
  CandidateSet,
  Decision,
  Dropped,
  Json,
  Kind,
  Ledger,
  Link,
  Mark,
  Model,
  Outcome,
  Reason,
  Relation,
  Rule,
  RuleCounts,
  Snapshot,
  Status,
  Step as SnapshotStep,
  StepError,
  StepStatus,
  Stratum,
  Subject,
  Trace,
} from './types.js';
