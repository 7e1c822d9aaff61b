import {
  knownCandidates,
  parseJson,
  stringifyJson,
  type RuleSetting,
  type Snapshot,
} from '@xray/core';
import type { ExecutionRecord } from '../store/execution-record.js';
import { storable } from './params.js';
import type { EncodedState } from './rank.js';
import { canonical, searchedTextsOf } from './words.js';

/** What the merge of a batch with the stored states decided about one flush. */
export interface Merged {
  record: ExecutionRecord;
  encoded: EncodedState;
  conflict: boolean;
  /** The key of the execution's row, in ms. */
  atMs: number;
  receivedAtMs: number;
  /** The key that the execution had before. */
  movedFromMs: number | null;
  /** A flush that another one replaces is not searched. */
  isSearched: boolean;
}

/** A row of the table `flushes`. */
export function flushRow(merged: Merged): object {
  const { record, encoded, conflict } = merged;
  const { header, steps } = record;
  const snapshot = parseJson(record.body) as Snapshot;
  const texts = merged.isSearched ? searchedTextsOf(snapshot) : { words: '', facts: '' };
  const row = {
    app: record.app,
    execution_id: record.executionId,
    at: merged.atMs,
    received_at: instantText(merged.receivedAtMs),
    rank: String(encoded.rank),
    conflict,
    lowest: String(encoded.lowest),
    running: String(encoded.running),
    least_instance: encoded.leastInstance,
    greatest_instance: encoded.greatestInstance,
    sender: record.senderEnvironments === null ? '' : JSON.stringify(record.senderEnvironments),
    moved_from: merged.movedFromMs,
    pipeline: header.pipeline,
    environment: header.environment,
    status: header.status,
    outcome: header.outcome,
    error_type: header.errorType,
    adverse: header.adverse,
    duration_ms: header.durationMs,
    versions: header.versions,
    metadata: canonicalValues(header.metadata),
    subject_types: header.subjects.map(({ type }) => type),
    subject_ids: header.subjects.map(({ id }) => id),
    tags: header.tags,
    reasons: header.reasons,
    rules: header.rules,
    decisive: header.decisive,
    settings: [...new Set(steps.flatMap(({ rules }) => (rules ?? []).flatMap(settingTexts)))],
    step_count: steps.length,
    failed_step_count: header.failedStepCount,
    bytes: record.bytes,
    course: header.course,
    has_people: header.hasPeople,
    linked: header.links.map(({ executionId }) => executionId),
    relations: header.links.map(({ relation }) => relation),
    trace_id: header.traceId ?? '',
    from_spans: header.fromSpans,
    step_sequences: steps.map(({ sequence }) => sequence),
    step_names: steps.map(({ name }) => name),
    step_kinds: steps.map(({ kind }) => kind),
    step_statuses: steps.map(({ status }) => status),
    step_durations: steps.map(({ durationMs }) => durationMs),
    step_ins: steps.map(({ candidatesIn }) => candidatesIn),
    step_outs: steps.map(({ candidatesOut }) => candidatesOut),
    step_drops: steps.map(({ drops }) => drops ?? {}),
    step_rules: steps.map(({ rules }) => (rules === null ? '' : stringifyJson(rules))),
    step_costs: steps.map(({ costUsd }) => costUsd),
    candidates: merged.isSearched ? candidatesOf(snapshot) : [],
  };
  return { ...withStorableTexts(row), ...texts, body: record.body };
}

/** The value of a setting's part, as a filter looks for it. */
export function settingText(rule: string, part: string, value: unknown): string {
  return `${JSON.stringify([storable(rule), part]).slice(0, -1)},${canonical(value)}`;
}

/** What the texts of all values of a setting's part begin with. */
export function settingStart(rule: string, part: string): string {
  return `${JSON.stringify([storable(rule), part]).slice(0, -1)},`;
}

/** The time as the engine reads it: a number of JSON would be seconds. */
export function instantText(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

const SOUGHT_PARTS = ['threshold', 'op', 'version', 'effect'] as const;

function settingTexts(setting: RuleSetting): string[] {
  return SOUGHT_PARTS.flatMap((part) =>
    setting[part] === undefined ? [] : [settingText(setting.id, part, setting[part])],
  );
}

function canonicalValues(metadata: ExecutionRecord['header']['metadata']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, canonical(value)]),
  );
}

function candidatesOf({ steps }: Snapshot): object[] {
  return steps.flatMap(({ name, candidates }, step) => {
    if (!candidates) return [];
    return [...knownCandidates(candidates).values()].map(({ id, outcome, reason }) => ({
      candidate: id,
      step,
      step_name: name,
      outcome: outcome ?? 'rejected',
      reason,
    }));
  });
}

/** Most rows have only texts that both engines can store. */
function withStorableTexts(row: object): object {
  if (!/\\u(?:0000|d[89a-f])/.test(JSON.stringify(row))) return row;
  return JSON.parse(JSON.stringify(row), (_key, value: unknown) => {
    if (typeof value === 'string') return storable(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [storable(key), item]));
  }) as object;
}
