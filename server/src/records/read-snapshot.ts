import { hash } from 'node:crypto';
import type { core } from 'zod';
import {
  FIRST_INSTANT_MS,
  LIMITS,
  factsOf,
  jsonDepthExceeds,
  mergeStateOf,
  parseJson,
  ruleSettingsOf,
  snapshotSchema,
  stepSequence,
  stringifyJson,
  type ErrorDetail,
  type RejectionCode,
  type Snapshot,
  type Step,
} from '@xray/core';
import type { ExecutionRecord, StepRow } from '../store/execution-record.js';
import { hasDuplicateMembers, pathOfDuplicate } from './duplicate-members.js';

/** A snapshot that is ready to be stored, or the reason why it is rejected. */
export type ReadSnapshot =
  | { ok: true; record: ExecutionRecord }
  | {
      ok: false;
      executionId: string | null;
      code: RejectionCode;
      message: string;
      details: ErrorDetail[];
    };

/** A client's clock may be this far ahead before its time is no longer trusted, in ms. */
const MAX_AHEAD_MS = 5 * 60_000;
const MAX_DETAILS = 20;
/** Further reasons of a step are not in its roll-up. */
const MAX_DROP_REASONS = 50;
/** Links of an execution that are looked up from the other end. */
const MAX_LINKS = 100;

/** The app and environments that a snapshot's API key may send for. */
export interface Sender {
  app: string;
  /** Null means any. */
  environments: string[] | null;
}

/** Parses and validates the text of one snapshot. */
export function readSnapshot(text: string, sender: Sender, receivedAt: Date): ReadSnapshot {
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.snapshotBytes) {
    return refuse(
      null,
      'too_large',
      `The snapshot has ${bytes} bytes; the limit is ${LIMITS.snapshotBytes}.`,
      [{ path: '', code: 'too_large', limit: LIMITS.snapshotBytes }],
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return refuse(null, 'invalid', 'This is not JSON.', [syntaxDetail(error)]);
  }
  const executionId = claimedId(parsed);
  if (jsonDepthExceeds(parsed, LIMITS.depth)) {
    return refuse(
      executionId,
      'invalid',
      `The snapshot is nested deeper than ${LIMITS.depth} levels.`,
      [{ path: '', code: 'too_deep', limit: LIMITS.depth }],
    );
  }
  if (hasDuplicateMembers(text, parsed)) {
    const path = pathOfDuplicate(text) ?? '';
    return refuse(
      executionId,
      'invalid',
      `${path}: an object has this member twice, so its value is ambiguous`,
      [{ path, code: 'duplicate_member' }],
    );
  }
  const checked = snapshotSchema.safeParse(withFiniteMetadata(parsed));
  if (!checked.success) {
    const details = checked.error.issues.slice(0, MAX_DETAILS).map(toDetail);
    const message = checked.error.issues.slice(0, 3).map(describeIssue).join('; ');
    return refuse(executionId, 'invalid', message, details);
  }
  // This is the parsed JSON. Zod's output would move unknown fields behind the known ones.
  const snapshot = parsed as Snapshot;
  if (snapshot.appId !== sender.app) {
    return refuse(
      executionId,
      'app_mismatch',
      `The API key belongs to a different app than appId "${snapshot.appId}".`,
      [{ path: 'appId', code: 'app_mismatch' }],
    );
  }
  const record = toRecord(
    { snapshot, exact: parseJson(text, parsed) as Snapshot },
    text,
    bytes,
    receivedAt,
    sender.environments,
  );
  if (sender.environments?.includes(record.header.environment) === false) {
    return refuse(
      executionId,
      'app_mismatch',
      `The API key may not send for the environment "${record.header.environment}".`,
      [{ path: 'environment', code: 'environment_mismatch' }],
    );
  }
  return { ok: true, record };
}

/** `exact` has every digit of its numbers. The record computes with doubles. */
function toRecord(
  { snapshot, exact }: { snapshot: Snapshot; exact: Snapshot },
  body: string,
  bytes: number,
  receivedAt: Date,
  senderEnvironments: string[] | null,
): ExecutionRecord {
  const { executionId, steps: _, ruleSettings: __, ...facts } = factsOf(snapshot);
  return {
    app: snapshot.appId,
    executionId,
    body,
    bytes,
    receivedAt,
    senderEnvironments,
    merge: mergeStateOf(snapshot, bodyHash(exact)),
    header: {
      ...facts,
      metadata: exact === snapshot ? facts.metadata : factsOf(exact).metadata,
      at: orderingTime(snapshot.startedAt, receivedAt),
      course: courseOf(snapshot),
      hasPeople: snapshot.steps.some(({ candidates }) => candidates?.person === true),
      links: linksOf(snapshot),
      traceId: snapshot.trace?.traceId ?? null,
      fromSpans: isFromSpans(snapshot),
    },
    steps: snapshot.steps.map((step, index): StepRow => ({
      sequence: stepSequence(step, index),
      name: step.name,
      kind: step.kind ?? 'other',
      status: step.status ?? 'completed',
      durationMs: step.durationMs ?? null,
      candidatesIn: step.candidates?.in ?? null,
      candidatesOut: step.candidates?.out ?? null,
      drops: dropsOf(step),
      rules: ruleSettingsOf(exact.steps[index] ?? step, digestOf),
      costUsd: step.model?.costUsd ?? null,
    })),
  };
}

/** Each link once. One to the execution itself leads nowhere. */
function linksOf({ executionId, links }: Snapshot): { executionId: string; relation: string }[] {
  const known = new Map(
    (links ?? [])
      .filter((link) => link.executionId !== executionId)
      .map((link) => [
        `${link.executionId} ${link.relation}`,
        { executionId: link.executionId, relation: link.relation },
      ]),
  );
  return [...known.values()].slice(0, MAX_LINKS);
}

/** An execution that our own export brought keeps the SDK that recorded it. */
function isFromSpans({ readFrom, sdk }: Snapshot): boolean {
  return Boolean(readFrom) && sdk?.name.startsWith('opentelemetry') === true;
}

/** JSON.parse makes `1e400` infinite, which the schema refuses. Metadata keep such a number as it was sent. */
function withFiniteMetadata(parsed: unknown): unknown {
  if (typeof parsed !== 'object' || parsed === null || !('metadata' in parsed)) return parsed;
  const { metadata } = parsed;
  if (typeof metadata !== 'object' || metadata === null) return parsed;
  const isInfinite = (value: unknown): boolean => value === Infinity || value === -Infinity;
  if (!Object.values(metadata).some(isInfinite)) return parsed;
  const entries = Object.entries(metadata).map(([key, value]) => [
    key,
    isInfinite(value) ? 0 : value,
  ]);
  return { ...parsed, metadata: Object.fromEntries(entries) as object };
}

/** `sentAt` is left out, because a retry of the same flush may have another value. */
function bodyHash(snapshot: Snapshot): string {
  const { sentAt: _, ...rest } = snapshot;
  return hash('sha256', stringifyJson(rest), 'hex');
}

function orderingTime(startedAt: string | null | undefined, receivedAt: Date): Date {
  const time = Date.parse(startedAt ?? '');
  const believable = time >= FIRST_INSTANT_MS && time <= receivedAt.getTime() + MAX_AHEAD_MS;
  return believable ? new Date(time) : receivedAt;
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The first 32 bits of the SHA-256 of the names of the steps that ran, in order. */
function courseOf({ steps }: Snapshot): number {
  const ran = steps
    .map((step, index) => ({ step, sequence: stepSequence(step, index) }))
    .filter(({ step }) => step.status !== 'skipped')
    .toSorted((a, b) => a.sequence - b.sequence);
  const names = ran.map(({ step }) => step.name).join('\0');
  return hash('sha256', names, 'buffer').readInt32BE();
}

/** The most frequent decisive reasons of candidates that were not kept. */
function dropsOf({ candidates }: Step): Record<string, number> | null {
  if (!candidates?.byReason) return null;
  const byCount = Object.entries(candidates.byReason).toSorted(([, a], [, b]) => b - a);
  return Object.fromEntries(byCount.slice(0, MAX_DROP_REASONS));
}

function refuse(
  executionId: string | null,
  code: RejectionCode,
  message: string,
  details: ErrorDetail[],
): ReadSnapshot {
  return { ok: false, executionId, code, message, details };
}

/**
 * The id that the client sent, so that a rejection can be matched to it. It is not trusted for
 * anything else.
 */
function claimedId(parsed: unknown): string | null {
  if (typeof parsed !== 'object' || parsed === null || !('executionId' in parsed)) return null;
  const { executionId } = parsed;
  return typeof executionId === 'string' ? executionId.slice(0, LIMITS.name) : null;
}

type Issue = core.$ZodIssue;

function toDetail(issue: Issue): ErrorDetail {
  const limit = limitOf(issue);
  return { path: pathOf(issue), code: issue.code, ...(limit !== undefined && { limit }) };
}

function describeIssue(issue: Issue): string {
  const path = pathOf(issue);
  return `${path === '' ? 'the snapshot' : path}: ${issue.message}`;
}

function limitOf(issue: Issue): number | undefined {
  if (issue.code === 'too_big') return Number(issue.maximum);
  if (issue.code === 'too_small') return Number(issue.minimum);
  return undefined;
}

function pathOf(issue: Issue): string {
  return issue.path.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }, '');
}

/**
 * V8's message contains the position, but may also quote the payload. So only the position is
 * passed on.
 */
function syntaxDetail(error: unknown): ErrorDetail {
  const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
  return {
    path: '',
    code: 'not_json',
    ...(position !== undefined && { position: Number(position) }),
  };
}
