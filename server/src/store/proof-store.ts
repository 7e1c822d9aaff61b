import type { Scope } from '@xray/proof';
import type { CommitPosition } from './commit-position.js';

/** One moment of the database: all transactions before `xact`, and all pending entries up to `pending`. */
export interface SealHorizon {
  xact: string;
  pending: number;
}

/** The secrets of a seal. They are deleted with the execution. */
export interface StoredSeal {
  leaf: number;
  key: Uint8Array;
  nameKey: Uint8Array;
}

/** A version of an execution that may have to be sealed, with the seal of its version before. */
export interface Unsealed extends CommitPosition {
  app: string;
  executionId: string;
  receivedAt: Date;
  isFinal: boolean;
  body: string;
  seal: (StoredSeal & { digest: Uint8Array }) | undefined;
}

export interface NewSeal extends StoredSeal {
  execution: number;
  xact: string;
  /** 8 bytes of the version's hash. */
  digest: Uint8Array;
}

export interface StoredLog {
  id: number;
  app: string;
  origin: string;
  size: number;
  /** Roots of the full subtrees, one after the other. */
  frontier: Uint8Array;
  signedSize: number;
  signedFrontier: Uint8Array;
  note: string | undefined;
  signedAt: Date | undefined;
  /** Why nothing is signed any more. */
  problem: string | undefined;
}

/** An entry that a log still has to get. `leaves` are numbers until the entry is written. */
export type Pending =
  | {
      type: 'erased';
      why: 'retention' | 'subject' | 'execution' | 'before';
      rule?: Scope & { days: number };
      audit?: string;
      leaves: number[];
    }
  | { type: 'rules'; retention: (Scope & { days: number })[]; holds: Scope[] };

export interface Addition {
  log: number;
  /** The size before. The log must still have it. */
  from: number;
  size: number;
  frontier: Uint8Array;
  entries: { leaf: number; bytes: Uint8Array }[];
  /** Hashes to append to tiles of level 1 and above. */
  tiles: { level: number; n: number; hashes: Uint8Array }[];
  seals: NewSeal[];
}

/** The writes of one batch: all of them or none. Erasures wait until it ends. */
export interface SealingTransaction {
  /** The executions that are still stored, with the transaction of their current version. */
  readStored(ids: number[]): Promise<Map<number, string>>;
  /** Takes what must be told, in its order. */
  takePending(): Promise<{ app: string; entry: Pending }[]>;
  readLog(app: string): Promise<StoredLog | undefined>;
  openLog(app: string, origin: string): Promise<StoredLog>;
  readRules(app: string): Promise<Extract<Pending, { type: 'rules' }>>;
  /** Throws if another instance has written to the log. */
  write(addition: Addition): Promise<void>;
}

/** The parts of a sealed execution that an export shows. */
export interface SealedExecution extends StoredSeal {
  executionId: string;
  body: string;
  receivedAt: Date;
  conflict: boolean;
}

/** What the logs of seals need of the database. `instance` is the UUID of this server. */
export interface ProofStore {
  /** Becomes the leader for a while, or stays it. Undefined if another instance leads. */
  lead(instance: string, forMs: number): Promise<CommitPosition | undefined>;
  resign(instance: string): Promise<void>;
  /** The next versions of executions, oldest first: at least one, unless there is none. */
  readUnsealed(
    after: CommitPosition,
    limits: { executions: number; bytes: number },
  ): Promise<Unsealed[]>;
  hasPending(): Promise<boolean>;
  /** Moves the position in the same transaction. Returns false if another instance has moved it. */
  append(
    instance: string,
    from: CommitPosition,
    to: CommitPosition,
    work: (tx: SealingTransaction) => Promise<void>,
  ): Promise<boolean>;

  listUnsigned(): Promise<StoredLog[]>;
  /** The stored bundles that hold the leaves from `from` to before `to`. */
  readEntries(
    log: number,
    from: number,
    to: number,
  ): Promise<{ leaf: number; entries: Uint8Array }[]>;
  /** The tiles of level 1 and above, in the order of the question. Missing ones are empty. */
  readTiles(log: number, tiles: { level: number; n: number }[]): Promise<Uint8Array[]>;
  /** Returns false if another instance has signed. */
  sign(log: StoredLog, note: string): Promise<boolean>;
  markBroken(log: number, problem: string): Promise<void>;

  readLog(app: string): Promise<StoredLog | undefined>;
  /** The named executions whose current version is sealed: body and seal of one moment. */
  readSealed(app: string, executionIds: string[]): Promise<SealedExecution[]>;
  /** The end of what is stored now. */
  readHorizon(): Promise<SealHorizon>;
  /** Whether all before the horizon is sealed, told and signed. */
  isSealedUpTo(horizon: SealHorizon): Promise<boolean>;
  /** Counts executions that are not sealed yet, and entries that no log has yet. */
  measureLag(): Promise<{ executions: number; since: Date | null; pending: number }>;
}
