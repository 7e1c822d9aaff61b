import type { Status } from '@xray/core';
import type { FoundExecution } from '../store/answers.js';
import { revisionOf } from './rank.js';

/** A row of `executions` with the columns of a summary. */
export interface SummaryRow {
  id: string;
  at: number;
  received: number;
  version: string;
  pipeline: string;
  environment: string;
  status: Status;
  outcome: string | null;
  error_type: string | null;
  adverse: boolean | null;
  duration_ms: number | null;
  versions: Record<string, string>;
  subject_types: string[];
  subject_ids: string[];
  tags: string[];
  reasons: string[];
  step_count: number;
  failed_step_count: number;
  bytes: number;
}

export const SUMMARY = `execution_id AS id, at, toUnixTimestamp64Milli(received_at) AS received,
  toString(version) AS version, pipeline, environment, status, outcome, error_type, adverse, duration_ms, versions,
  subject_types, subject_ids, tags, reasons, step_count, failed_step_count, bytes`;

export function toFound(row: SummaryRow): FoundExecution {
  const version = BigInt(row.version);
  return {
    executionId: row.id,
    pipeline: row.pipeline,
    environment: row.environment,
    status: row.status,
    outcome: row.outcome,
    adverse: row.adverse,
    reasons: row.reasons,
    subjects: row.subject_types.map((type, place) => ({ type, id: row.subject_ids[place] ?? '' })),
    versions: row.versions,
    tags: row.tags,
    stepCount: row.step_count,
    failedStepCount: row.failed_step_count,
    errorType: row.error_type,
    at: new Date(row.at).toISOString(),
    receivedAt: new Date(row.received).toISOString(),
    durationMs: row.duration_ms,
    revision: revisionOf(version >> 1n),
    conflict: (version & 1n) === 1n,
  };
}
