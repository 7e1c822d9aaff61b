import type {
  AgeCount,
  AppOutcomes,
  AppTransfer,
  ErasureCount,
  ErasureReceipt,
  FairnessCount,
  LinkedFrom,
  MeasuredExecution,
  OtlpSettings,
  OutcomeMeanings,
  PipelineList,
  Releases,
  Retention,
  RetentionRule,
  Suggestion,
  Tombstone,
  Transferred,
} from '@xray/core';
import type { AccessEdits, AccessStore, NewAuditEntry } from './access-store.js';
import type { AboutSubject, LinkedExecution } from './cases.js';
import type {
  FacetRow,
  Flow,
  HistogramRow,
  OverTime,
  RuleReadings,
  SampledBody,
  TraitCount,
} from './answers.js';
import type { CohortPair, CountedPair } from './cohorts.js';
import type { DrawnBodies } from './drawn-bodies.js';
import type { FileCopy } from './driver.js';
import type { FairnessScope, KeyedDecision, KeyedScope } from './fairness.js';
import type { ErasureScope, NamedErasure } from './execution-store.js';
import type {
  ExecutionRecord,
  ExportedExecution,
  SaveOutcome,
  StoredBody as Body,
} from './execution-record.js';
import type { ForwardingStore } from './forwarding.js';
import type { RuleScope } from './rules.js';
import type {
  Condition,
  CountScope,
  ExecutionFilter,
  ExecutionScope,
  ListedExecution,
  StoredRow,
} from './scope.js';
import type { SearchStore } from './search-store.js';
import type { WaitingStore } from './waiting-spans.js';

export type { KeyGrant } from './access-store.js';
export type { FacetRow, HistogramRow } from './answers.js';
export type { ErasureScope, NamedErasure } from './execution-store.js';
export type {
  ExecutionRecord,
  ExportedExecution,
  SaveOutcome,
  StepRow,
} from './execution-record.js';
export type {
  Condition,
  CountConditions,
  CountScope,
  ExecutionFilter,
  ExecutionScope,
  ListedExecution,
  ListPlace,
  StoredRow,
} from './scope.js';

/** A body with the other values that its record needs. */
export interface StoredBody extends Body {
  id: number;
  /** A rewrite uses it to check that the body has not changed. */
  bodyHash: string;
}

/**
 * A horizon is a transaction number. Everything written below it is visible, and nothing new
 * appears below it.
 */
export interface ChangesFilter {
  app: string;
  /** A condition on `xray.executions e`. */
  where: Condition;
  /** The horizon to start from. */
  since: string;
  /** The last row of the previous page. */
  after: { xact: string; id: number } | undefined;
  limit: number;
}

/** A row of the list, with the transaction that wrote its current version. */
export type Change = ListedExecution & { xact: string };

export interface Changes {
  /** The horizon at the time of the read. */
  horizon: string;
  items: Change[];
  /** Where the next page starts; undefined if nothing was found. */
  last: { xact: string; id: number } | undefined;
}

/** A stored execution with its place in the order of an export. */
export interface ExportedRow extends ExportedExecution {
  id: number;
  at: Date;
}

/** The executions, and their order by time. `after` is the last one of the previous page. */
export interface ExportFilter extends ExecutionScope {
  sort: 'at' | '-at';
  after: { at: Date; id: number } | undefined;
}

/** The result of one transaction of an erasure. Without `last`, the walk has ended. */
export interface ErasedBatch {
  erased: ErasureCount;
  /** The receipt so far of a named erasure. Null if nothing was erased. */
  receipt: ErasureReceipt | null;
  last: { at: Date; id: number } | undefined;
}

/** The data that people change, besides executions. */
export interface Edits extends AccessEdits {
  /** An empty list removes the meanings of the pipeline. */
  saveOutcomeMeanings(app: string, pipeline: string, meanings: OutcomeMeanings): Promise<void>;
  /** Adds the keys and rules that the app does not have. A legal hold is always added. */
  addTransfer(app: string, transfer: Omit<AppTransfer, 'app'>): Promise<Transferred>;
  /** Replaces the app's rules. When this resolves, a hold protects everything that exists. */
  replaceRetention(app: string, rules: RetentionRule[]): Promise<void>;
  writeOtlpSettings(app: string, settings: OtlpSettings): Promise<void>;
}

/** The result of a change, and its audit entry. Without an entry nothing was changed. */
export interface Audited<T> {
  result: T;
  entry: NewAuditEntry | undefined;
}

/**
 * All stored data. If the database is missing, read-only or out of connections, every call throws
 * an error that `outageOf` recognizes.
 */
export interface Store extends AccessStore {
  readonly kind: 'pglite' | 'postgres';
  readonly index: SearchStore;
  /** Spans of OTLP that wait for the rest of their trace. */
  readonly waiting: WaitingStore;
  readonly forwarding: ForwardingStore;
  readonly drawn: DrawnBodies;

  /**
   * Updates the tables; many instances may call it at the same time. Returns the names of the
   * applied migrations.
   */
  migrate(): Promise<string[]>;
  /** Resolves if a write is possible now. */
  ping(): Promise<void>;
  close(): Promise<void>;

  /**
   * The only way to change data that people decide about. The changes of `work` and their audit
   * entry are one transaction, and an error rolls all of it back. `work` may use only the given
   * edits: the embedded database has one connection, which the transaction holds.
   */
  change<T>(work: (edits: Edits) => Promise<Audited<T>>): Promise<T>;

  /**
   * Stores flushes under the merge rule and resolves after the commit, with one outcome for each
   * record in order. It is idempotent: a repeated flush is a duplicate.
   */
  saveExecutions(records: ExecutionRecord[]): Promise<SaveOutcome[]>;
  /** Throws a ReadTooLong if it takes longer than the limit. */
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
  readExecution(app: string, executionId: string): Promise<StoredRow | undefined>;
  /** What spans say of the trace of an execution, by its row's id, as the texts of snapshots. */
  readSpans(execution: number): Promise<string[]>;
  /**
   * Puts what spans say of a trace below the SDK's records of it. Returns false, and changes nothing, if no record
   * of the SDK may lead the given ones. Idempotent.
   */
  joinSpans(trace: { app: string; traceId: string }, records: ExecutionRecord[]): Promise<boolean>;
  /** What outcomes mean, for each pipeline that has meanings. */
  listOutcomeMeanings(app: string): Promise<AppOutcomes['items']>;
  listPipelines(scope: Omit<ExecutionScope, 'where'>): Promise<PipelineList['items']>;

  /** The newest executions that link to one, the oldest of them first. */
  listLinksTo(app: string, executionId: string, limit: number): Promise<LinkedFrom[]>;
  /** The executions about a subject among these: their number, and the newest ones. */
  findAbout(
    app: string,
    ids: number[],
    subject: { type: string; id: string },
    limit: number,
  ): Promise<AboutSubject>;
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
  /** Throws a ReadTooLong. */
  readRules(scope: RuleScope): Promise<RuleReadings>;
  /** Throws a ReadTooLong. */
  countByGroup(scope: FairnessScope & { by: string }, limit: number): Promise<FairnessCount[]>;
  /** Decisions in the order of their time, with the ids that a file can name. Throws a ReadTooLong. */
  listKeyed(
    scope: KeyedScope,
    after: Pick<KeyedDecision, 'at' | 'id'> | undefined,
    limit: number,
  ): Promise<KeyedDecision[]>;
  countCohorts(pair: CohortPair): Promise<CountedPair>;
  /** Some executions of both cohorts. Throws a ReadTooLong. */
  measureCohorts(
    pair: CohortPair,
    counts: CountedPair,
  ): Promise<{ a: MeasuredExecution[]; b: MeasuredExecution[] }>;
  countTraits(
    pair: CohortPair,
    counts: CountedPair,
    outcome: string | null,
  ): Promise<{ traits: TraitCount[]; bodies: SampledBody[] }>;

  /** The next executions with their bodies, a few megabytes at most; an empty list at the end. */
  exportExecutions(filter: ExportFilter): Promise<ExportedRow[]>;
  /** The app's keys with their hashes; undefined if the app does not exist. */
  readTransfer(app: string): Promise<AppTransfer | undefined>;

  readRetention(app: string): Promise<Retention['items']>;
  /** The app's executions by environment, pipeline and age. Throws a ReadTooLong. */
  countByAge(app: string, now: Date): Promise<AgeCount[]>;
  /** The number of executions that an erasure would erase, and the number that it may not touch. */
  countErasable(scope: ErasureScope): Promise<{ erasable: ErasureCount; held: number }>;
  /**
   * Erases every trace of the executions in scope among the next few hundred, in one transaction. Only
   * one such transaction runs at a time across all instances: this call waits for it, or returns
   * undefined if it should not wait. `audit` gives the entry that is written with an erasure.
   */
  eraseBatch(
    scope: ErasureScope,
    after: ErasedBatch['last'],
    options: {
      wait: boolean;
      named?: NamedErasure | undefined;
      audit?: (erased: ErasureCount, receipt: string | null) => NewAuditEntry;
    },
  ): Promise<ErasedBatch | undefined>;
  readReceipt(app: string, id: string): Promise<ErasureReceipt | undefined>;
  /** The newest receipts. */
  listReceipts(app: string): Promise<ErasureReceipt[]>;
  /** When and why an execution was erased by name; undefined if it was not. */
  readTombstone(app: string, executionId: string): Promise<Tombstone | undefined>;
  /**
   * The next bodies in the order of their rows' ids, a few megabytes at most; an empty list at the
   * end.
   */
  readBodies(after: number): Promise<StoredBody[]>;
  /** Rewrites the columns and steps that come from bodies, unless the body has changed. */
  rewriteDerived(
    records: { id: number; bodyHash: string; record: ExecutionRecord }[],
  ): Promise<void>;
  /** A copy of the embedded database's files at one moment; undefined for Postgres. */
  copyFiles(): Promise<FileCopy | undefined>;
  /** Does the work of autovacuum, if the database has none. All others wait meanwhile. */
  vacuum(): Promise<void>;
}
