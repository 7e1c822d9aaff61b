import type { Decision, Json, Mark, Rule, Snapshot } from '@xray/core';
import { cut, steadyName } from './names.js';
import { redactValue } from './redact.js';
import { numberOf } from './span-view.js';
import type { Attributes } from './telemetry.js';
import { isObject } from './values.js';

const MAX_REASONS = 16;

/**
 * One decision of the Open Policy Agent, out of its decision log. Source: https://www.openpolicyagent.org/docs/management-decision-logs
 *
 * @returns undefined when the event has no `decision_id`, without which a retry would be another execution.
 */
export function opaSnapshot(event: Json, appId: string, names: string[]): Snapshot | undefined {
  if (!isObject(event)) return undefined;
  const fields = event as Attributes;
  const { decision_id: id, path, timestamp } = fields;
  if (typeof id !== 'string' || !/^[A-Za-z0-9._:-]{1,120}$/.test(id)) return undefined;
  const startedAtMs = Date.parse(typeof timestamp === 'string' ? timestamp : '');
  const startedAt = Number.isNaN(startedAtMs) ? undefined : new Date(startedAtMs).toISOString();
  const metrics = objectOf(fields.metrics);
  const tookNs = numberOf(metrics.timer_server_handler_ns);
  const labels = objectOf(fields.labels);
  const input = fields.input === undefined ? undefined : redactValue(fields.input, names);
  const output = fields.result === undefined ? undefined : redactValue(fields.result, names);
  const hasFailed = fields.error !== undefined && fields.error !== null;
  const decision = hasFailed ? undefined : decisionOf(output);
  const rules = rulesOf(output);
  const name = steadyName(typeof path === 'string' ? path.replaceAll('/', '.') : '') || 'policy';
  const trace = traceOf(fields);
  const versions = versionsOf(fields);
  const marks = marksOf(fields);
  const times = {
    ...(startedAt !== undefined && { startedAt }),
    ...(tookNs !== undefined && { durationMs: tookNs / 1e6 }),
  };
  return {
    schemaVersion: 1,
    executionId: `opa-${id}`,
    appId,
    pipeline: name,
    ...(typeof labels.environment === 'string' &&
      labels.environment !== '' && { environment: cut(labels.environment, 64) }),
    ...(Object.keys(versions).length > 0 && { versions }),
    status: hasFailed ? 'failed' : 'completed',
    ...(decision !== undefined && { decision }),
    ...times,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(trace !== undefined && { trace }),
    steps: [
      {
        sequence: 0,
        name,
        kind: 'rules',
        status: hasFailed ? 'failed' : 'completed',
        ...(input !== undefined && { input }),
        ...(output !== undefined && { output }),
        ...(hasFailed && { error: errorOf(fields.error) }),
        ...times,
        ...(rules.length > 0 && { rules }),
      },
    ],
    ...(marks.length > 0 && { marks }),
    sdk: { name: 'opa', version: String(labels.version ?? 'unknown') },
  };
}

function objectOf(value: Json | undefined): Attributes {
  return isObject(value) ? (value as Attributes) : {};
}

function decisionOf(result: Json | undefined): Decision {
  if (result === undefined) return { outcome: 'undefined', readFrom: 'no result' };
  if (typeof result === 'boolean') {
    return { outcome: result ? 'allow' : 'deny', readFrom: 'result' };
  }
  const fields = objectOf(result);
  const inner = objectOf(fields.decision);
  const found = [
    { at: 'result.outcome', value: fields.outcome },
    { at: 'result.decision', value: fields.decision },
    { at: 'result.decision.outcome', value: inner.outcome },
    { at: 'result.allow', value: fields.allow },
  ].find(({ value }) => isOutcome(value));
  const reasons = reasonsOf(fields, inner);
  return {
    outcome: found === undefined ? 'evaluated' : outcomeOf(found.value),
    ...(reasons.length > 0 && { reasons }),
    readFrom: found?.at ?? 'result',
  };
}

function isOutcome(value: Json | undefined): value is string | boolean {
  return typeof value === 'boolean' || (typeof value === 'string' && value !== '');
}

function outcomeOf(value: Json | undefined): string {
  if (typeof value === 'boolean') return value ? 'allow' : 'deny';
  return cut(String(value), 64);
}

/** A set of Rego comes sorted, so the first reason is not the main one. */
function reasonsOf(fields: Attributes, inner: Attributes): { code: string; ruleId?: string }[] {
  const denied = listOfObjects(fields.deny).flatMap(({ code, rule }) =>
    typeof code === 'string'
      ? [{ code: cut(code, 64), ...(typeof rule === 'string' && { ruleId: cut(rule, 128) }) }]
      : [],
  );
  if (denied.length > 0) return denied.slice(0, MAX_REASONS);
  const codes = fields.reasons ?? inner.reasons;
  const list = Array.isArray(codes) ? codes.filter((code) => typeof code === 'string') : [];
  return list.slice(0, MAX_REASONS).map((code) => ({ code: cut(code, 64) }));
}

function rulesOf(result: Json | undefined): Rule[] {
  return listOfObjects(objectOf(result).deny).flatMap(({ rule, actual, threshold }) =>
    typeof rule === 'string'
      ? [
          {
            id: cut(rule, 128),
            result: 'fail' as const,
            effect: 'reject',
            ...(actual !== undefined && { actual }),
            ...(threshold !== undefined && { threshold }),
          },
        ]
      : [],
  );
}

function listOfObjects(value: Json | undefined): Attributes[] {
  return Array.isArray(value) ? value.filter(isObject).map((entry) => entry as Attributes) : [];
}

function errorOf(error: Json | undefined): { type: string; message: string } {
  const { code, message } = objectOf(error);
  return {
    type: cut(String(code ?? 'Error'), 256),
    message: cut(String(message ?? error ?? ''), 4096),
  };
}

function traceOf({ trace_id: traceId, span_id: spanId }: Attributes): Snapshot['trace'] {
  if (typeof traceId !== 'string' || !/^[0-9a-f]{32}$/.test(traceId)) return undefined;
  if (typeof spanId !== 'string' || !/^[0-9a-f]{16}$/.test(spanId)) return undefined;
  return { traceId, spanId };
}

function versionsOf({ bundles, revision }: Attributes): Record<string, string> {
  const versions = Object.entries(objectOf(bundles)).flatMap(([name, bundle]) => {
    const { revision: own } = objectOf(bundle);
    return typeof own === 'string' && own !== ''
      ? [[cut(`bundle:${name}`, 128), cut(own, 128)] as const]
      : [];
  });
  if (versions.length === 0 && typeof revision === 'string' && revision !== '') {
    return { ruleset: cut(revision, 128) };
  }
  return Object.fromEntries(versions.slice(0, 32));
}

/** `/input/ssn` is in the execution's input and in the step's. */
function marksOf({ erased, masked }: Attributes): Mark[] {
  const of = (paths: Json | undefined, kind: 'erased' | 'redacted'): Mark[] =>
    (Array.isArray(paths) ? paths : []).flatMap((path) => {
      if (typeof path !== 'string') return [];
      const own = path.replace(/^\/result/, '/output');
      return [
        { path: own, kind },
        { path: `/steps/0${own}`, kind },
      ];
    });
  return [...of(erased, 'erased'), ...of(masked, 'redacted')].slice(0, 500);
}
