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
export type { Candidate, CandidateSet, Ledger, Outcome, Stratum } from './wire/candidates.js';
export type { Actor, Decision, DecisionBasis, Reason, Subject } from './wire/decision.js';
export type {
  Dropped,
  Json,
  Link,
  Mark,
  Relation,
  Snapshot,
  Status,
  Trace,
} from './wire/snapshot.js';
export type {
  Artifact,
  Kind,
  Model,
  Returned,
  ReturnedType,
  Rule,
  RuleCounts,
  Step as SnapshotStep,
  StepError,
  StepStatus,
} from './wire/step.js';
