import type { AccountStore } from './account-store.js';
import type { ExecutionStore } from './execution-store.js';
import type { FileCopy } from './driver.js';
import type { ForwardingStore } from './forwarding.js';
import type { ReplayRuns } from './replay-runs.js';
import type { ProofStore } from './proof-store.js';
import type { WaitingStore } from './waiting-spans.js';

export type { KeyGrant } from './access-store.js';
export type { Audited, Edits } from './account-store.js';
export type { ErasureScope, NamedErasure } from './execution-store.js';
export type { ExecutionRecord, SaveOutcome, StepRow } from './execution-record.js';

export interface Store extends AccountStore, ExecutionStore {
  /** Spans of OTLP that wait for the rest of their trace. */
  readonly waiting: WaitingStore;
  readonly forwarding: ForwardingStore;
  readonly replays: ReplayRuns;
  /** The logs of seals. */
  readonly proof: ProofStore;
  /** A copy of the embedded database's files at one moment; undefined for Postgres. */
  copyFiles(): Promise<FileCopy | undefined>;
}
