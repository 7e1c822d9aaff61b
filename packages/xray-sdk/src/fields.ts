import { FIELD_BOUNDS } from './limits.js';
import type { ObjectWriter, Source } from './object-writer.js';
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

const ACTOR_TYPES = ['rule', 'model', 'llm', 'human', 'service'] as const;
const RELATIONS = ['parent', 'retry_of', 'review_of', 'overrides', 'replay_of'] as const;
const SMALL = FIELD_BOUNDS.smallValueBytes;

/** One function per object of the wire format; each returns false when what it requires is missing. */
export function writeActor(out: ObjectWriter, from: Source): boolean {
  const isWhole =
    out.oneOf('type', from['type'], ACTOR_TYPES) && out.string('id', from['id'], FIELD_BOUNDS.id);
  out.string('version', from['version'], FIELD_BOUNDS.name);
  return isWhole;
}

export function writeReason(out: ObjectWriter, from: Source): boolean {
  const isWhole = out.string('code', from['code'], 64);
  out.text('text', from['text'], 512, 'decision.reasons.text');
  out.string('ruleId', from['ruleId'], FIELD_BOUNDS.name);
  out.string('factor', from['factor'], FIELD_BOUNDS.name);
  out.number('contribution', from['contribution']);
  return isWhole;
}

export function writeDecision(out: ObjectWriter, from: Source): boolean {
  const isWhole = out.string('outcome', from['outcome'], 64);
  out.boolean('adverse', from['adverse']);
  out.number('score', from['score']);
  out.number('confidence', from['confidence'], 0, 1);
  if (from['reasons'] !== undefined) {
    out.list('reasons', from['reasons'], FIELD_BOUNDS.reasons, writeReason);
  }
  out.object('decidedBy', from['decidedBy'], writeActor);
  out.oneOf('humanInvolvement', from['humanInvolvement'], ['none', 'review', 'final']);
  return isWhole;
}

export function writeModel(out: ObjectWriter, from: Source): boolean {
  out.string('provider', from['provider'], FIELD_BOUNDS.name);
  const isWhole = out.string('name', from['name'], FIELD_BOUNDS.name);
  out.string('promptVersion', from['promptVersion'], FIELD_BOUNDS.name);
  out.value('params', from['params'], SMALL, 'model.params');
  out.number('inputTokens', from['inputTokens'], 0);
  out.number('outputTokens', from['outputTokens'], 0);
  out.number('costUsd', from['costUsd'], 0);
  return isWhole;
}

export function writeRule(out: ObjectWriter, from: Source): boolean {
  const isWhole = out.string('id', from['id'], FIELD_BOUNDS.id);
  out.string('version', from['version'], FIELD_BOUNDS.name);
  out.oneOf('result', from['result'], ['pass', 'fail', 'skip', 'error']);
  out.oneOf('effect', from['effect'], ['reject', 'flag', 'score', 'none']);
  out.string('field', from['field'], FIELD_BOUNDS.name);
  out.string('op', from['op'], 64);
  out.value('actual', from['actual'], SMALL, `rules.${String(from['field'] ?? 'actual')}`);
  out.value('threshold', from['threshold'], SMALL, 'rules.threshold');
  out.string('unit', from['unit'], 64);
  out.number('points', from['points']);
  out.object('counts', from['counts'], writeRuleCounts);
  return isWhole;
}

function writeRuleCounts(out: ObjectWriter, from: Source): boolean {
  const names = ['evaluated', 'passed', 'failed', 'skipped', 'error', 'decisive'];
  return names.every((name) => out.count(name, from[name]));
}

export function writeArtifact(out: ObjectWriter, from: Source): boolean {
  const isWhole =
    out.string('name', from['name'], FIELD_BOUNDS.name) &&
    out.string('mediaType', from['mediaType'], FIELD_BOUNDS.name) &&
    out.count('bytes', from['bytes']);
  out.string('sha256', from['sha256'], 64);
  out.text('uri', from['uri'], SMALL, 'artifacts.uri');
  out.text('inline', from['inline'], FIELD_BOUNDS.inlineBytes, 'artifacts.inline');
  return isWhole;
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
  return out.oneOf('relation', from['relation'], RELATIONS);
}

/** Names and numbers, such as `metrics`. */
export function writeNumber(_key: string, value: unknown): string | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** 1 to 128 of `[A-Za-z0-9._:-]`: what the server takes as an execution's or an app's id. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(value);
}

/** Whatever was thrown, as a type and a message. The stack stays at home: it may name what is secret. */
export function writeError(out: ObjectWriter, error: unknown): boolean {
  const { type, message } = describeError(error);
  if (!out.string('type', type, FIELD_BOUNDS.name)) out.raw('type', '"Error"');
  if (!out.text('message', message, SMALL, 'error.message')) out.raw('message', '""');
  return true;
}

function describeError(error: unknown): { type: string; message: string } {
  try {
    if (error instanceof Error) return { type: String(error.name), message: String(error.message) };
    if (typeof error === 'object' && error !== null && 'message' in error) {
      const type = 'type' in error ? error.type : 'name' in error ? error.name : 'Error';
      return { type: String(type), message: String(error.message) };
    }
    return { type: 'Error', message: String(error) };
  } catch {
    return { type: 'Error', message: '' };
  }
}
