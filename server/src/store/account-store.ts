import type {
  AppOutcomes,
  AppTransfer,
  ErasureReceipt,
  OtlpSettings,
  OutcomeMeanings,
  Retention,
  RetentionRule,
  Transferred,
} from '@xray/core';
import type { AccessEdits, AccessStore, NewAuditEntry } from './access-store.js';
import type { ForwardingStore } from './forwarding-store.js';
import type { ProofStore } from './proof-store.js';
import type { ReplayRuns } from './replay-store.js';
import type { WaitingStore } from './waiting-store.js';

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
 * Apps, keys, people, rules, dictionaries and the audit log: small data, which needs transactions. It is always in
 * Postgres or PGlite. Every call throws a StoreOutage while the database cannot be used.
 */
export interface AccountStore extends AccessStore {
  /** Spans of OTLP that wait for the rest of their trace. */
  readonly waiting: WaitingStore;
  readonly forwarding: ForwardingStore;
  readonly replays: ReplayRuns;
  /** The logs of seals. */
  readonly proof: ProofStore;

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

  /** What outcomes mean, for each pipeline that has meanings. */
  listOutcomeMeanings(app: string): Promise<AppOutcomes['items']>;
  /** The app's keys with their hashes; undefined if the app does not exist. */
  readTransfer(app: string): Promise<AppTransfer | undefined>;
  readRetention(app: string): Promise<Retention['items']>;
  readReceipt(app: string, id: string): Promise<ErasureReceipt | undefined>;
  /** The newest receipts. */
  listReceipts(app: string): Promise<ErasureReceipt[]>;
}
