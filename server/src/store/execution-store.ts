import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type {
  AgeCount,
  Counted,
  ErasureCount,
  ErasureReceipt,
  ExecutionSort,
  FairnessCount,
  LinkedFrom,
  Lookup,
  NotSearched,
  PipelineList,
  QueryNode,
  Releases,
  Suggestion,
  Tombstone,
} from '@xray/core';
import type { NewAuditEntry } from './access-store.js';
import type {
  CandidateAppearances,
  CaseExecutions,
  Cohorts,
  FacetRow,
  Flow,
  FoundExecution,
  HistogramRow,
  KeyedDecision,
  LinkedExecution,
  OverTime,
  Place,
  RuleReadings,
  Sample,
  SubjectDecisions,
} from './answers.js';
import type {
  ExecutionRecord,
  ExportedExecution,
  SaveOutcome,
  StoredBody,
  StoredExecution,
} from './execution-record.js';

/** Executions of an app by `at`. */
export interface ExecutionRange {
  app: string;
  /** Included. */
  from: Date | undefined;
  /** Excluded. */
  to: Date | undefined;
}
export type BoundedRange = ExecutionRange & { from: Date; to: Date };

/** Executions that a filter finds. The filter is the parsed tree; each store compiles it for itself. */
export interface ExecutionScope extends ExecutionRange {
  filter: QueryNode;
  /** ms since the epoch, for `started:>-24h`. */
  nowMs: number;
}
export type BoundedScope = ExecutionScope & { from: Date; to: Date };

export interface ListQuestion extends ExecutionScope {
  /** With words or candidates in the filter, only `-at`. */
  sort: ExecutionSort;
  after: Place | undefined;
  limit: number;
  /** The answer must be complete, however long it takes. It has no `matches`. */
  isWhole?: boolean;
}

/** A page may be short, or even empty, and still have a `next`: a search may find few of many that it read. */
export interface FoundPage {
  items: FoundExecution[];
  next: Place | undefined;
  notSearched: NotSearched | null;
}

/** Rows of an aggregate. `counted` says which part was counted, if not everything was. */
export interface Counts<Row> {
  rows: Row[];
  notSearched: NotSearched | null;
  counted: Counted | null;
}

export interface ChangesQuestion {
  app: string;
  filter: QueryNode;
  nowMs: number;
  /** The cursor of an earlier page. Without it, or with one of another database, it starts now. */
  since: string | undefined;
  /** Versions of earlier pages (`again`), which are left out. */
  known: ReadonlySet<string>;
  limit: number;
  /** Nobody waits for the answer any more. */
  signal?: AbortSignal;
}

/**
 * New and updated executions in the order of their writes. Nothing is missed, but a version can be found again:
 * `again` names versions of this page that a later read from its last cursor finds again.
 */
export interface ChangePage {
  items: FoundExecution[];
  /** At most 200 visible ASCII characters, and no comma. */
  cursor: string;
  hasMore: boolean;
  again: ReadonlySet<string>;
}

/** A page of a history, and counts in buckets that begin at `origin`. */
export interface HistoryQuestion extends BoundedRange {
  origin: Date;
  bucketMs: number;
  after: Place | undefined;
  /** Executions of the page, at most. There are fewer if their bodies are large. */
  limit: number;
}

/** What counts as favourable, and the factors whose values make the strata. */
export interface FairnessScope extends BoundedScope {
  /** Null: every outcome that is not marked as adverse. */
  outcome: string | null;
  /** Fields as the question writes them: `env`, `pipeline`, `version.NAME`, `metadata.NAME`. */
  within: string[];
}

/** The ids of executions or subjects that a file can name. */
export interface KeyedScope extends FairnessScope {
  key: 'execution' | 'subject';
  /** Undefined: a subject of any type. */
  subjectType: string | undefined;
}

/** Which executions of an app will be erased. */
export interface ErasureScope {
  app: string;
  environment: string | undefined;
  what:
    | { kind: 'expired'; now: Date }
    | { kind: 'received_before'; before: Date }
    | { kind: 'execution'; executionId: string }
    | { kind: 'subject'; type: string; id: string };
}

/** An erasure by execution or by subject. It leaves a receipt and tombstones. */
export interface NamedErasure {
  reason: string;
  /** The name of the person or program. */
  askedBy: string;
  /** The receipt of an earlier batch of the same erasure. */
  receipt: string | undefined;
}

export interface ErasureOptions {
  /** Waits for a running erasure instead of giving way to it. */
  wait: boolean;
  named?: NamedErasure | undefined;
  /** The entry that is written with an erasure, before anything is gone. */
  audit?: (erased: ErasureCount, receipt: string | null) => NewAuditEntry;
}

/** The result of one batch of an erasure. Without `next`, the walk has ended. */
export interface ErasedBatch {
  erased: ErasureCount;
  /** The receipt so far of a named erasure. Null if nothing was erased. */
  receipt: ErasureReceipt | null;
  next: Place | undefined;
}

export interface JobDeps {
  logger: Logger;
  metrics: Registry;
  /** ms since the epoch. */
  now: () => number;
}

/** How much a store takes at the same time. */
export interface StoreLimits {
  batchesAtOnce: number;
  heavyReadsAtOnce: number;
}

/**
 * The executions of all apps, in one engine. Every call throws a StoreOutage while the engine cannot be used, and
 * questions over many executions throw a ReadTooLong. A store is an object of functions, not a class.
 */
export interface ExecutionStore {
  readonly kind: 'pglite' | 'postgres' | 'clickhouse';
  readonly limits: StoreLimits;

  /**
   * Updates the tables; many instances may call it at the same time. Returns the names of the applied
   * migrations.
   */
  migrate(): Promise<string[]>;
  /** Resolves if a write is possible now. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /** Starts the engine's own work in the background, if it has any. */
  startJobs(deps: JobDeps): { stop(): Promise<void> };

  /**
   * Stores flushes under the merge rule and resolves when they are durable, with one outcome for each record in
   * order. It is idempotent: a repeated flush is a duplicate.
   */
  saveExecutions(records: ExecutionRecord[]): Promise<SaveOutcome[]>;
  /**
   * Puts what spans say of a trace below the SDK's records of it. Returns false, and changes nothing, if no record
   * of the SDK may lead the given ones. Idempotent.
   */
  joinSpans(trace: { app: string; traceId: string }, records: ExecutionRecord[]): Promise<boolean>;

  readExecution(app: string, executionId: string): Promise<StoredExecution | undefined>;
  /** What spans say of the trace of an execution, as the texts of snapshots. */
  readSpans(app: string, executionId: string): Promise<string[]>;
  /** The newest executions that link to one, the oldest of them first. */
  listLinksTo(app: string, executionId: string, limit: number): Promise<LinkedFrom[]>;
  /** An execution with what links connect to it, in both directions; undefined if it does not exist. */
  readLinked(
    app: string,
    executionId: string,
  ): Promise<{ execution: LinkedExecution; linked: LinkedExecution[] } | undefined>;
  /** When and why an execution was erased by name; undefined if it was not. */
  readTombstone(app: string, executionId: string): Promise<Tombstone | undefined>;

  listExecutions(question: ListQuestion): Promise<FoundPage>;
  readChanges(question: ChangesQuestion): Promise<ChangePage>;
  /** Its place in a list with this order; undefined if it does not exist. */
  findPlace(app: string, executionId: string, sort: 'at' | '-at'): Promise<Place | undefined>;
  /**
   * The next executions with their bodies, a few megabytes at most. `next` is undefined at the end. With words or
   * candidates in the filter, only `-at`.
   */
  exportExecutions(
    question: ExecutionScope & { sort: 'at' | '-at'; after: Place | undefined },
  ): Promise<{ items: ExportedExecution[]; next: Place | undefined }>;

  /** The most frequent values of each field, at most `values` of each. */
  countFacets(question: BoundedScope & { values: number }): Promise<Counts<FacetRow>>;
  /** Executions of each bucket and value. Buckets count from `origin`; empty ones are left out. */
  countByTime(
    question: BoundedScope & { by: 'outcome' | 'status'; origin: Date; bucketMs: number },
  ): Promise<Counts<HistogramRow>>;
  /** The newest versions that were first seen at `newFromMs` or later. */
  listReleases(
    question: BoundedScope & { newFromMs: number },
  ): Promise<Counts<Releases['items'][number]>>;
  /** The app's pipelines by name, with counts of their executions. */
  listPipelines(range: ExecutionRange): Promise<PipelineList['items']>;

  // The filters of the following questions have no words and no candidates.
  readOverTime(question: BoundedScope & { origin: Date; bucketMs: number }): Promise<OverTime>;
  /** Exact courses, and the figures of about `sampled` executions' steps. */
  readFlow(question: BoundedScope & { sampled: number }): Promise<Flow>;
  /** The rules of about `sampled` executions. */
  readRules(question: BoundedScope & { sampled: number }): Promise<RuleReadings>;
  /** Counts the executions, and draws about `wanted` of them, always the same ones. */
  openSample(question: BoundedScope & { wanted: number }): Promise<Sample>;
  /** Two filters of one app. */
  openCohorts(pair: { a: BoundedScope; b: BoundedScope }): Promise<Cohorts>;
  /** Decisions by the values of a field, of the factors, and by outcome; at most `limit` rows. */
  countByGroup(question: FairnessScope & { by: string; limit: number }): Promise<FairnessCount[]>;
  /** Decisions in the order of their time, with the ids that a file can name. */
  listKeyed(
    question: KeyedScope & { after: Place | undefined; limit: number },
  ): Promise<{ items: KeyedDecision[]; next: Place | undefined }>;

  readCandidateHistory(
    question: HistoryQuestion & { candidate: string },
  ): Promise<CandidateAppearances>;
  readSubjectHistory(
    question: HistoryQuestion & { subject: { type: string; id: string } },
  ): Promise<SubjectDecisions>;
  /** The newest executions about a subject, with what links connect to them. */
  readCase(
    question: ExecutionRange & { subject: { type: string; id: string } },
  ): Promise<CaseExecutions>;
  /** Finds whether an execution, a candidate or subjects have this id within a range. */
  countRoles(range: BoundedRange, id: string): Promise<Omit<Lookup, 'id'>>;
  /**
   * Subjects and candidates whose id begins with a prefix, whatever its case and accents: at most `limit` of each
   * kind, subjects first, in the order of the folded ids' bytes.
   */
  suggest(
    app: string,
    wanted: { prefix: string; kind?: Suggestion['kind'] | undefined; limit: number },
  ): Promise<Suggestion[]>;

  /** The app's executions by environment, pipeline and age in days. */
  countByAge(app: string, now: Date): Promise<AgeCount[]>;
  /** The number of executions that an erasure would erase, and the number that a legal hold protects. */
  countErasable(scope: ErasureScope): Promise<{ erasable: ErasureCount; held: number }>;
  /**
   * Erases every trace of the next executions in scope. Only one batch runs at a time across all instances.
   * Undefined: another one runs and this call does not wait.
   */
  eraseBatch(
    scope: ErasureScope,
    after: Place | undefined,
    options: ErasureOptions,
  ): Promise<ErasedBatch | undefined>;

  /**
   * Derives columns and indexes again from the stored bodies, for about a second per call. `read` gives undefined
   * for a body that no longer is a snapshot.
   */
  rebuild(
    after: Place | undefined,
    read: (stored: StoredBody) => ExecutionRecord | undefined,
  ): Promise<{ executions: number; next: Place | undefined }>;
  /** Does the work of autovacuum, if the engine has none. All others wait meanwhile. */
  tidy(): Promise<void>;
}
