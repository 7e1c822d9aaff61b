import type { CaseLink, MergeState, MetadataValue, RuleSetting, Status } from '@xray/core';

/** One flush at ingest: its text as it was sent, and the values that the store indexes. */
export interface ExecutionRecord {
  app: string;
  executionId: string;
  /** The snapshot's JSON text. */
  body: string;
  /** UTF-8 bytes of `body`. */
  bytes: number;
  merge: MergeState;
  receivedAt: Date;
  /** The environments that its sender may write; null means any. */
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
    /** Ids of rules that failed, and of rules that decided. */
    rules: string[];
    decisive: string[];
    /**
     * Hash of the names of the steps that ran, in order. It is equal for executions with the same
     * course.
     */
    course: number;
    /** Whether a step chose among people, who may ask to be erased. */
    hasPeople: boolean;
    links: CaseLink[];
    /** 32 hex digits. */
    traceId: string | null;
    /** It was made of spans of OTLP, so the SDK's record of its trace leads. */
    fromSpans: boolean;
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
  /** Numbers of candidates that were not kept, by decisive reason. */
  drops: Record<string, number> | null;
  /** The rules that it asked, in its order. */
  rules: RuleSetting[] | null;
  costUsd: number | null;
}

/**
 * The result of one flush. `refused`: the database refused this record; the others are stored. `erased`: the
 * execution was erased by name before, so its flush is not stored.
 * `outside_limits`: the execution belongs to an environment that the sender may not write.
 */
export type SaveOutcome =
  | { kind: 'accepted' }
  | { kind: 'duplicate' }
  | { kind: 'superseded' }
  | { kind: 'erased' }
  | { kind: 'outside_limits' }
  | { kind: 'refused'; message: string };

/** The stored version of an execution. */
export interface StoredExecution {
  body: string;
  bytes: number;
  status: Status;
  receivedAt: Date;
  conflict: boolean;
}

/** A stored execution with all that another installation needs of it. */
export interface ExportedExecution extends StoredExecution {
  executionId: string;
  merge: Omit<MergeState, 'winner'>;
  /** What spans say of its trace, as the texts of snapshots. */
  spans: string[];
}

/** A body with the other values that its record needs. */
export interface StoredBody {
  app: string;
  receivedAt: Date;
  body: string;
}
