import { FIELD_BOUNDS } from './limits.js';
import type { ObjectWriter } from './object-writer.js';
import { isObject, itemsOf, type Source } from './source.js';
import { quote } from './text.js';

export const KINDS = [
  'retrieve',
  'transform',
  'model',
  'llm',
  'rules',
  'filter',
  'rank',
  'guard',
  'evaluate',
  'human',
  'action',
  'decide',
  'group',
  'other',
] as const;

const STATUSES = ['running', 'completed', 'failed', 'canceled', 'timed_out'] as const;
export const STEP_STATUSES = [...STATUSES, 'skipped'] as const;

const RELATIONS = ['parent', 'retry_of', 'review_of', 'overrides', 'replay_of'] as const;
const SMALL = FIELD_BOUNDS.smallValueBytes;

/**
 * Each function writes one object of the wire format. It returns false when a required member is
 * missing.
 */
export function writeActor(out: ObjectWriter, from: Source): boolean {
  out.required('type', from['type'], 64);
  out.required('id', from['id'], FIELD_BOUNDS.id);
  out.string('version', from['version'], FIELD_BOUNDS.name);
  return true;
}

export function writeReason(out: ObjectWriter, from: Source): boolean {
  out.required('code', from['code'], 64);
  out.shortText('text', from['text'], FIELD_BOUNDS.reasonText, 'decision.reasons.text');
  out.string('ruleId', from['ruleId'], FIELD_BOUNDS.name);
  out.string('factor', from['factor'], FIELD_BOUNDS.name);
  out.number('contribution', from['contribution']);
  return true;
}

/** Writes all members of a decision except its outcome. */
export function writeDecisionDetails(
  out: ObjectWriter,
  from: Source,
  failedChecks: readonly unknown[],
): void {
  out.boolean('adverse', from['adverse']);
  out.number('score', from['score']);
  out.number('confidence', from['confidence'], 0, 1);
  writeReasons(out, from['reasons'], failedChecks);
  out.object('decidedBy', from['decidedBy'], writeActor);
  out.oneOf('humanInvolvement', from['humanInvolvement'], ['none', 'review', 'final']);
}

/** If no given reason is usable, the failed checks stay the reasons. */
function writeReasons(out: ObjectWriter, given: unknown, failedChecks: readonly unknown[]): void {
  const write = (reasons: unknown): boolean =>
    out.list('reasons', reasons, FIELD_BOUNDS.reasons, writeReason, asReason);
  const isAbsent = given === undefined || given === null;
  const items = isAbsent ? undefined : itemsOf(given, 1);
  if (items?.total === 0) return;
  // A single reason counts as a list.
  const isSingle = items === undefined && (typeof given === 'string' || isObject(given));
  if (isSingle) out.mark('reasons', { kind: 'coerced' });
  const isWritten = !isAbsent && write(isSingle ? [given] : given);
  if (!isWritten && failedChecks.length > 0) write(failedChecks);
}

function asReason(reason: unknown): unknown {
  return isObject(reason) || reason === undefined || reason === null ? reason : { code: reason };
}

export function writeModel(out: ObjectWriter, from: Source): boolean {
  out.string('provider', from['provider'], FIELD_BOUNDS.name);
  out.required('name', from['name'], FIELD_BOUNDS.name);
  out.string('promptVersion', from['promptVersion'], FIELD_BOUNDS.name);
  out.value('params', from['params'], SMALL, 'model.params');
  out.number('inputTokens', from['inputTokens'], 0);
  out.number('outputTokens', from['outputTokens'], 0);
  out.number('costUsd', from['costUsd'], 0);
  return true;
}

export function writeRule(out: ObjectWriter, from: Source): boolean {
  out.required('id', from['id'], FIELD_BOUNDS.id);
  out.oneOf('result', from['result'], ['pass', 'fail', 'skip', 'error']);
  writeRuleDetails(out, from, from['id']);
  return true;
}

export const EFFECTS = ['reject', 'flag', 'score', 'none'] as const;

/** Writes all members of a rule except its id and its result. */
export function writeRuleDetails(out: ObjectWriter, from: Source, id: unknown): void {
  const field = from['field'];
  out.string('version', from['version'], FIELD_BOUNDS.name);
  out.oneOf('effect', from['effect'], EFFECTS);
  out.string('field', field, FIELD_BOUNDS.name);
  out.string('op', from['op'], 64);
  writeActual(out, from['actual'], field, id);
  const threshold = from['threshold'];
  out.value(
    'threshold',
    threshold,
    SMALL,
    hiddenBy(out, field ?? id, threshold) ?? 'rules.threshold',
  );
  out.string('unit', from['unit'], 64);
  out.number('points', from['points']);
  out.object('counts', from['counts'], writeRuleCounts);
}

/**
 * Writes the value that a rule tested. Its redaction path ends in the field, or in `actual` without
 * a field.
 */
export function writeActual(out: ObjectWriter, actual: unknown, field: unknown, id: unknown): void {
  const path = typeof field === 'string' ? `rules.${field}` : hiddenBy(out, id, actual);
  out.value('actual', actual, SMALL, path ?? ACTUAL_PATH);
}

export const ACTUAL_PATH = 'rules.actual';

/**
 * The redaction path of a rule's field, if it hides the value. A rule without a field may be named
 * like one.
 */
function hiddenBy(out: ObjectWriter, field: unknown, value: unknown): string | undefined {
  if (typeof field !== 'string') return undefined;
  const path = `rules.${field}`;
  return out.capture.hides(path, value) ? path : undefined;
}

function writeRuleCounts(out: ObjectWriter, from: Source): boolean {
  const names = ['evaluated', 'passed', 'failed', 'skipped', 'error', 'decisive'];
  return names.every((name) => out.count(name, from[name]));
}

export function writeArtifact(out: ObjectWriter, from: Source): boolean {
  out.required('name', from['name'], FIELD_BOUNDS.name);
  out.required('mediaType', from['mediaType'], FIELD_BOUNDS.name, 'application/octet-stream');
  if (!out.count('bytes', from['bytes'])) out.missing('bytes', from['bytes'], '0');
  out.string('sha256', from['sha256'], 64);
  out.text('uri', from['uri'], SMALL, 'artifacts.uri');
  out.text('inline', from['inline'], FIELD_BOUNDS.inlineBytes, 'artifacts.inline');
  return true;
}

export function writeSubject(out: ObjectWriter, from: Source): boolean {
  const isWhole =
    out.string('type', from['type'], FIELD_BOUNDS.name) && out.string('id', from['id'], 256);
  out.oneOf('idForm', from['idForm'], ['plain', 'hmac']);
  out.boolean('person', from['person']);
  return isWhole;
}

export function writeLink(out: ObjectWriter, from: Source): boolean {
  if (!isIdentifier(from['executionId'])) return false;
  out.raw('executionId', quote(from['executionId']));
  out.count('stepSequence', from['stepSequence']);
  const relation = from['relation'];
  if (!out.oneOf('relation', relation, RELATIONS)) out.missing('relation', relation, '"parent"');
  return true;
}

/** Ids of executions and apps that the server accepts: 1 to 128 of `[A-Za-z0-9._:-]`. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(value) && !isDots(value);
}

/** `.` and `..` are parts of a URL's path, so the server refuses them as names. */
export function isDots(value: unknown): boolean {
  return value === '.' || value === '..';
}
