import {
  isExactNumber,
  stringifyJson,
  type Json,
  type KnownKind,
  type Rule,
  type Snapshot,
  type Step,
} from '@xray/core';
import type { Attributes } from './telemetry.js';
import { isObject } from './values.js';

/** A part of a text that is too long for one attribute. Doors cut a text at 64 KiB units. */
const MAX_PART = 60_000;
const MAX_DOCUMENTS = 50;
const INTERNAL = 1;

const OPENINFERENCE: Partial<Record<KnownKind, string>> = {
  retrieve: 'RETRIEVER',
  llm: 'LLM',
  model: 'EMBEDDING',
  rank: 'RERANKER',
  guard: 'GUARDRAIL',
  evaluate: 'EVALUATOR',
  action: 'TOOL',
  transform: 'PROMPT',
  group: 'CHAIN',
};

/** SHA-256 of a text, in hex. */
export type Hash = (text: string) => string;

/**
 * One `ExportTraceServiceRequest` as a JSON value, by the mapping in docs/wire-format.md. Ids depend on the snapshot
 * alone, so a second export changes nothing. Spans that came by OTLP keep their ids.
 */
export function otlpRequest(snapshot: Snapshot, hash: Hash): Json {
  const { executionId, appId, environment, versions, trace, steps } = snapshot;
  const traceId =
    trace?.traceId ?? uuidOf(executionId) ?? hash(`${appId}\n${executionId}`).slice(0, 32);
  const spanIds = steps.map(
    (step, index) => step.spanId ?? hash(`${executionId}\n${index}`).slice(0, 16),
  );
  const rootId = hash(`${executionId}\nexecution`).slice(0, 16);
  const places = new Map(steps.map((step, index) => [step.sequence ?? index, index]));
  const isOfSpans = steps.some(({ spanId }) => isSet(spanId));
  const root = {
    traceId,
    spanId: rootId,
    // The program's span around a recorded execution is not part of this request.
    ...(isSet(trace) && !isOfSpans && { parentSpanId: trace.spanId, flags: 0x301 }),
    name: snapshot.pipeline,
    kind: INTERNAL,
    ...timesOf(snapshot),
    attributes: keyValues(executionAttributes(snapshot)),
    status: { code: snapshot.status === 'failed' ? 2 : 0 },
  };
  const spans = steps.map((step, index) => {
    const place = isSet(step.parent) ? places.get(step.parent) : undefined;
    return {
      traceId,
      spanId: spanIds[index] ?? rootId,
      parentSpanId: (place === undefined ? undefined : spanIds[place]) ?? rootId,
      name: step.spanName ?? step.name,
      kind: INTERNAL,
      ...timesOf(isSet(step.startedAt) ? step : { ...step, startedAt: snapshot.startedAt }),
      attributes: keyValues({ ...revisionOf(snapshot), ...stepAttributes(step, index) }),
      events: (step.rules ?? []).map((rule) => ruleEvent(rule)),
      status: {
        code: step.status === 'failed' ? 2 : 0,
        ...(step.error && { message: step.error.message }),
      },
    };
  });
  const resource: Attributes = {
    'service.name': appId,
    ...(isSet(environment) && { 'deployment.environment.name': environment }),
    ...(typeof versions?.code === 'string' && { 'service.version': versions.code }),
  };
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: 'x-ray' }, spans: [root, ...spans] as unknown as Json }],
      },
    ],
  };
}

function executionAttributes(snapshot: Snapshot): Attributes {
  const { steps: _steps, input, output, decision, pipeline, executionId, ...rest } = snapshot;
  const { revision: _revision, appId: _appId, sentAt: _sentAt, ...kept } = rest;
  return {
    'xray.execution.root': true,
    'xray.execution.id': executionId,
    ...revisionOf(snapshot),
    'xray.pipeline': pipeline,
    ...(decision && { 'xray.outcome': decision.outcome }),
    ...(typeof decision?.adverse === 'boolean' && { 'xray.adverse': decision.adverse }),
    ...(decision?.reasons && { 'xray.reasons': decision.reasons.map(({ code }) => code) }),
    ...payload('input', input),
    ...payload('output', output),
    ...parts('xray.execution.more', {
      ...kept,
      ...(decision && { decision }),
      ...(isUnsayable(input) && { input }),
      ...(isUnsayable(output) && { output }),
    } as unknown as Json),
  };
}

/** If two spans have one id, the one of the later revision counts. */
function revisionOf({ revision }: Snapshot): Attributes {
  return isSet(revision) ? { 'xray.revision': revision } : {};
}

function stepAttributes(step: Step, index: number): Attributes {
  const { input, output, rules: _rules, candidates, model, name, ...rest } = step;
  const { spanId: _spanId, spanName: _spanName, sequence, ...kept } = rest;
  const kind = step.kind ?? 'other';
  const openInference = OPENINFERENCE[kind as KnownKind];
  const documents = kind === 'retrieve' ? (candidates?.items ?? []).slice(0, MAX_DOCUMENTS) : [];
  return {
    ...(openInference !== undefined && { 'openinference.span.kind': openInference }),
    'xray.step.kind': kind,
    ...payload('input', input),
    ...payload('output', output),
    ...(model && {
      'gen_ai.request.model': model.name,
      ...(isSet(model.provider) && { 'gen_ai.provider.name': model.provider }),
      ...(isSet(model.inputTokens) && { 'gen_ai.usage.input_tokens': model.inputTokens }),
      ...(isSet(model.outputTokens) && { 'gen_ai.usage.output_tokens': model.outputTokens }),
      ...(isSet(model.costUsd) && { 'gen_ai.usage.cost': model.costUsd }),
    }),
    ...Object.fromEntries(
      documents.flatMap(({ id, score }, place): [string, Json][] => [
        [`retrieval.documents.${place}.document.id`, id],
        ...(!isSet(score)
          ? []
          : [[`retrieval.documents.${place}.document.score`, score] as [string, Json]]),
      ]),
    ),
    ...parts('xray.step.more', {
      ...kept,
      ...(isUnsayable(input) && { input }),
      ...(isUnsayable(output) && { output }),
      name,
      sequence: sequence ?? index,
      ...(candidates && { candidates }),
      ...(model && { model }),
      ...(step.rules && { rules: step.rules }),
    } as unknown as Json),
  };
}

/** A text that could be read as JSON is written as JSON, so that it stays a text. */
function payload(side: 'input' | 'output', value: Json | undefined): Attributes {
  if (value === undefined || isUnsayable(value)) return {};
  if (typeof value === 'number' || typeof value === 'boolean') return { [`${side}.value`]: value };
  const isPlain = typeof value === 'string' && value !== '' && !/^\s*[[{"]/.test(value);
  return isPlain
    ? { [`${side}.value`]: value }
    : { [`${side}.value`]: stringifyJson(value), [`${side}.mime_type`]: 'application/json' };
}

/** An optional null reads as absent. */
function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

/** No attribute holds null or a number beyond a double; they are among the fields of our own. */
function isUnsayable(value: Json | undefined): boolean {
  return value === null || isExactNumber(value);
}

function parts(name: string, value: Json): Attributes {
  const text = stringifyJson(value);
  const list: [string, Json][] = [];
  for (let at = 0; at < text.length; at += MAX_PART) {
    list.push([`${name}.${list.length}.text`, text.slice(at, at + MAX_PART)]);
  }
  return Object.fromEntries(list);
}

function ruleEvent(rule: Rule) {
  const { id, result, field, op, actual, threshold, effect } = rule;
  const named = { id, result, field, op, actual, threshold, effect };
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(named)) {
    if (value !== undefined && value !== null) attributes[`xray.rule.${key}`] = value;
  }
  return { name: 'xray.rule', attributes: keyValues(attributes) };
}

function timesOf({
  startedAt,
  durationMs,
}: {
  startedAt?: string | null | undefined;
  durationMs?: number | null | undefined;
}) {
  const startMs = Date.parse(startedAt ?? '');
  if (Number.isNaN(startMs) || startMs < 0) return {};
  const start = BigInt(startMs) * 1_000_000n;
  const end = start + BigInt(Math.round((durationMs ?? 0) * 1_000_000));
  return { startTimeUnixNano: String(start), endTimeUnixNano: String(end) };
}

function uuidOf(executionId: string): string | undefined {
  const hex = executionId.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(hex) ? hex : undefined;
}

function keyValues(attributes: Attributes): Json[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Json): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (isExactNumber(value)) return { stringValue: value.text };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (isObject(value)) return { kvlistValue: { values: keyValues(value as Attributes) } };
  return {};
}
