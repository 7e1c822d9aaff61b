import type {
  AppTransfer,
  CaseLink,
  ErasureCount,
  LinkedFrom,
  MergeState,
  MetadataValue,
  PipelineList,
  Releases,
  Retention,
  RetentionRule,
  Status,
  Suggestion,
  Transferred,
} from '@xray/core';
import type { AccessEdits, AccessStore, NewAuditEntry } from './access-store.js';
import type { LinkedExecution } from './cases.js';
import type { CohortCounts, CohortPair, SampledBody, TraitCount } from './cohorts.js';
import type { FileCopy } from './driver.js';
import type { Flow } from './flows.js';
import type { OverTime } from './pipelines.js';
import type {
  Condition,
  CountScope,
  ExecutionFilter,
  ExecutionScope,
  ListedExecution,
  StoredExecution,
} from './scope.js';
import type { SearchStore } from './search-store.js';

export type { KeyGrant } from './access-store.js';
export type {
  Condition,
  CountConditions,
  CountScope,
  ExecutionFilter,
  ExecutionScope,
  ListedExecution,
  ListPlace,
  StoredExecution,
} from './scope.js';

/** One flush on its way in: the text as it was sent, and what the store indexes of it. */
export interface ExecutionRecord {
  app: string;
  executionId: string;
  /** The snapshot's JSON text. */
  body: string;
  /** UTF-8 bytes of `body`. */
  bytes: number;
  merge: MergeState;
  receivedAt: Date;
  /** The environments that its sender may write; null: any. */
  senderEnvironments: string[] | null;
  header: {
    pipeline: string;
    environment: string;
    status: Status;
    outcome: string | null;
    adverse: boolean | null;
    at: Date;
    durationMs: number | null;
    versions: Record<string, string>;
    subjects: { type: string; id: string }[];
    tags: string[];
    reasons: string[];
    failedStepCount: number;
    errorType: string | null;
    metadata: Record<string, MetadataValue>;
    /** Ids of rules that failed, and of those that decided. */
    rules: string[];
    decisive: string[];
    /** Hash of the names of the steps that ran, in order: equal for executions that took one course. */
    course: number;
    /** Whether a step chose among people, who may ask to be erased. */
    hasPeople: boolean;
    links: CaseLink[];
  };
  steps: StepRow[];
}

export interface StepRow {
  sequence: number;
  name: string;
  kind: string;
  status: string;
  durationMs: number | null;
  candidatesIn: number | null;
  candidatesOut: number | null;
  /** Candidates not kept, by deciding reason. */
  drops: Record<string, number> | null;
}

/** A body with what else its record is made of. */
export interface StoredBody {
  id: number;
  app: string;
  receivedAt: Date;
  body: string;
  /** By it a rewrite knows the body again. */
  bodyHash: string;
}

/**
 * The result of one flush. `refused` is the database's word on that record alone; the others are stored.
 * `outside_limits`: the execution is of an environment that the flush's sender may not write.
 */
export type SaveOutcome =
  | { kind: 'accepted' }
  | { kind: 'duplicate' }
  | { kind: 'superseded' }
  | { kind: 'outside_limits' }
  | { kind: 'refused'; message: string };

/** How many of the executions found have a value, and how many values the field has. */
export interface FacetRow {
  /** By its name in the filter language; '' counts the executions. */
  field: string;
  key: string | null;
  value: string;
  count: number;
  distinctValues: number;
}

export interface HistogramRow {
  bucket: Date;
  value: string | null;
  count: number;
}

/** A horizon is a transaction's number: everything written below it is visible, and nothing more comes. */
export interface ChangesFilter {
  app: string;
  /** A condition on `xray.executions e`. */
  where: Condition;
  /** The horizon from which on. */
  since: string;
  /** The last of the page before. */
  after: { xact: string; id: number } | undefined;
  limit: number;
}

/** A row of the list with the transaction that wrote it as it is. */
export type Change = ListedExecution & { xact: string };

export interface Changes {
  /** As it was when this was read. */
  horizon: string;
  items: Change[];
  /** Where the next page starts; undefined when nothing was found. */
  last: { xact: string; id: number } | undefined;
}

/** A stored execution with its place in the order of an export. */
export interface ExportedExecution extends StoredExecution {
  id: number;
  at: Date;
  merge: Omit<MergeState, 'winner'>;
}

/** Which executions, and in which order by their time. `after` is the last one of the page before. */
export interface ExportFilter extends ExecutionScope {
  sort: 'at' | '-at';
  after: { at: Date; id: number } | undefined;
}

/** Which executions of an app are to be erased. */
export interface ErasureScope {
  app: string;
  environment: string | undefined;
  what:
    | { kind: 'expired'; now: Date }
    | { kind: 'received_before'; before: Date }
    | { kind: 'execution'; executionId: string }
    | { kind: 'subject'; type: string; id: string };
}

/** What one transaction erased. Without `last` the walk has come to its end. */
export interface ErasedBatch {
  erased: ErasureCount;
  last: { at: Date; id: number } | undefined;
}

/** What people change, beside executions. */
export interface Edits extends AccessEdits {
  /** Adds the keys and rules that the app does not have; a legal hold is taken over in any case. */
  addTransfer(app: string, transfer: Omit<AppTransfer, 'app'>): Promise<Transferred>;
  /** Puts these rules where the app's others were. A hold protects whatever is there when this resolves. */
  replaceRetention(app: string, rules: RetentionRule[]): Promise<void>;
}

/** What a change came to, and what the audit log says of it; without an entry nothing was changed. */
export interface Audited<T> {
  result: T;
  entry: NewAuditEntry | undefined;
}

/**
 * Everything that is kept. When its database is not there, cannot take writes or has no connection
 * left, every call throws an error that `outageOf` recognises.
 */
export interface Store extends AccessStore {
  readonly kind: 'pglite' | 'postgres';
  readonly index: SearchStore;

  /** Brings the tables up to date; safe to run from many instances at once. Returns the names applied. */
  migrate(): Promise<string[]>;
  /** Resolves when a write could be taken now. */
  ping(): Promise<void>;
  close(): Promise<void>;

  /**
   * The one way to change anything that people decide: what `work` does and its entry in the audit log
   * are one transaction, and whatever it throws takes all of it back. `work` may use nothing but the
   * edits it is given: the embedded database has one connection, which the transaction holds.
   */
  change<T>(work: (edits: Edits) => Promise<Audited<T>>): Promise<T>;

  /**
   * Stores flushes under the merge rule and resolves after the commit, one outcome a record in their
   * order. Idempotent: the same flush again is a duplicate.
   */
  saveExecutions(records: ExecutionRecord[]): Promise<SaveOutcome[]>;
  /** Throws a ReadTooLong where it takes longer than a read may. */
  listExecutions(filter: ExecutionFilter): Promise<ListedExecution[]>;
  readChanges(filter: ChangesFilter): Promise<Changes>;
  readHorizon(): Promise<string>;
  /** The most frequent values of each field, at most `values` of each. Throws a ReadTooLong. */
  countFacets(scope: CountScope & { values: number }): Promise<FacetRow[]>;
  /** The newest versions that were first seen at `newFromMs` or later. Throws a ReadTooLong. */
  listReleases(scope: CountScope & { newFromMs: number }): Promise<Releases['items']>;
  /** Throws a ReadTooLong. */
  countByTime(
    scope: CountScope & { origin: Date; by: 'outcome' | 'status'; bucketMs: number },
  ): Promise<HistogramRow[]>;
  readExecution(app: string, executionId: string): Promise<StoredExecution | undefined>;
  listPipelines(scope: Omit<ExecutionScope, 'where'>): Promise<PipelineList['items']>;

  /** The newest executions that link to one, the oldest of them first. */
  listLinksTo(app: string, executionId: string, limit: number): Promise<LinkedFrom[]>;
  /** Rows of the list by id, with their links, in no order. */
  listLinked(ids: number[]): Promise<LinkedExecution[]>;
  /** Rows that link to one of the executions, or that are among the targets; the newest first. */
  findNeighbours(
    app: string,
    around: { executionIds: string[]; targets: string[]; limit: number },
  ): Promise<number[]>;
  /** Subjects and candidates by the beginning of their id, at most `limit` of each kind. */
  suggest(
    app: string,
    wanted: { key: string; kind: Suggestion['kind'] | undefined; limit: number },
  ): Promise<Suggestion[]>;

  /** Its place in the order of an export. */
  findPlace(app: string, executionId: string): Promise<ExportFilter['after']>;
  readOverTime(scope: CountScope & { origin: Date; bucketMs: number }): Promise<OverTime>;
  readFlow(scope: CountScope & { sampled: number }): Promise<Flow>;
  countCohorts(pair: CohortPair): Promise<CohortCounts>;
  countTraits(
    pair: CohortPair,
    counts: CohortCounts,
    outcome: string | null,
  ): Promise<{ traits: TraitCount[]; bodies: SampledBody[] }>;

  /** The next executions with their bodies, some megabytes at most; none at the end. */
  exportExecutions(filter: ExportFilter): Promise<ExportedExecution[]>;
  /** The app's keys with their hashes; undefined when there is no such app. */
  readTransfer(app: string): Promise<AppTransfer | undefined>;

  readRetention(app: string): Promise<Retention['items']>;
  /** What an erasure would take, and how many executions it may not touch. */
  countErasable(scope: ErasureScope): Promise<{ erasable: ErasureCount; held: number }>;
  /**
   * Looks at the next executions after a place, some hundreds, and erases every trace of those in
   * scope, in one transaction. One such transaction runs at a time across all instances: when another
   * has its turn this waits, or gives undefined if it is not to wait. `audit` names what the transaction
   * also writes to the audit log, when it erased something.
   */
  eraseBatch(
    scope: ErasureScope,
    after: ErasedBatch['last'],
    options: { wait: boolean; audit?: (erased: ErasureCount) => NewAuditEntry },
  ): Promise<ErasedBatch | undefined>;
  /** The next bodies by the ids of their rows, some megabytes at most; none at the end. */
  readBodies(after: number): Promise<StoredBody[]>;
  /** Rewrites the columns and steps that come from bodies, unless the body is another by now. */
  rewriteDerived(
    records: { id: number; bodyHash: string; record: ExecutionRecord }[],
  ): Promise<void>;
  /** A copy of the embedded database's files at one moment; undefined for a Postgres of one's own. */
  copyFiles(): Promise<FileCopy | undefined>;
  /** Does what autovacuum does, where the database has none. All others wait meanwhile. */
  vacuum(): Promise<void>;
}
