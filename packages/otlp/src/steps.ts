import type { Candidate, Json, KnownKind, Mark, Rule, Step } from '@xray/core';
import { conventionOf, INPUTS, OUTPUTS, TOOL_NAMES, type Source } from './conventions.js';
import { candidatesOf, setOf } from './documents.js';
import { modelNamesIn, modelOf } from './models.js';
import { cut, steadyName } from './names.js';
import { exportedStep } from './own-export.js';
import { eventRules, flagEvaluations, guardRule, isAnnotatedByPerson } from './rules.js';
import { numberOf, type SpanView } from './span-view.js';
import type { Span } from './telemetry.js';
import { inOrder, type Node } from './tree.js';
import { isObject, jsonOf } from './values.js';

const MAX_SPAN_NAME = 1024;
const MAX_RULES = 500;
const MAX_MESSAGE = 4096;

/** Facts about the whole trace that a step needs. */
export interface TraceFacts {
  /** Names of guardrails that a status says were tripped. */
  tripped: ReadonlySet<string>;
  /** Identities of flag evaluations that are spans of their own. */
  flagSpans: ReadonlySet<string>;
  keepsStacks: boolean;
}

/** Names that the mapping reads and no convention owns. */
const READ = new Set([
  'input.value',
  'input.mime_type',
  'output.value',
  'output.mime_type',
  'session.id',
  'user.id',
  'metadata',
  'final_result',
  'db.query.text',
  'db.statement',
  'error.type',
  'tool.name',
]);

/** One step for a span. `index` is its sequence, `parent` its parent's. */
export function stepOf(node: Node, index: number, parent: number | undefined, facts: TraceFacts) {
  const { view } = node;
  const { span } = view;
  const isHuman =
    isInterrupt(span) && !inOrder(node.children).some((inner) => isInterrupt(inner.view.span));
  const kind: KnownKind = isHuman ? 'human' : node.kind;
  const input = payload(view, INPUTS);
  const output = payload(view, OUTPUTS);
  const called = kind === 'action' ? view.firstText(TOOL_NAMES) : undefined;
  const name = steadyName(called ?? span.name, modelNamesIn(view)) || 'unnamed';
  const exported = exportedStep(view);
  if (exported !== undefined) {
    const place = { sequence: index, ...(parent !== undefined && { parent }), name, kind };
    const payloads = ownPayloads(view);
    const step: Step = { ...place, ...payloads, spanId: span.spanId, ...exported };
    return { step, choices: [], hasPersonsNote: false };
  }
  const rules = rulesOf(node, name, output, facts);
  const model = modelOf(view, kind);
  const candidates = kind === 'group' ? undefined : candidatesOf(view, kind, output);
  const choices = kind === 'decide' ? choicesOf(view) : [];
  const error = isHuman ? undefined : errorOf(view, facts.keepsStacks);
  const rest = attributesOf(view);
  const step: Step = {
    sequence: index,
    ...(parent !== undefined && { parent }),
    name,
    kind,
    status: isHuman ? 'skipped' : error === undefined ? 'completed' : 'failed',
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    ...timesOf(span),
    ...(model !== undefined && { model }),
    ...(rules.length > 0 && { rules: rules.slice(0, MAX_RULES) }),
    ...(candidates !== undefined && { candidates }),
    ...(choices.length === 1 && { candidates: choices[0]?.candidates }),
    ...(span.name !== name && { spanName: cut(span.name, MAX_SPAN_NAME) }),
    spanId: span.spanId,
    ...(rest !== undefined && { attributes: rest }),
  };
  return { step, choices, hasPersonsNote: isAnnotatedByPerson(view) };
}

/** The input and output of an exported execution. */
export function ownPayloads(view: SpanView): Pick<Step, 'input' | 'output'> {
  const [input, output] = [payload(view, INPUTS), payload(view, OUTPUTS)];
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}

export function timesOf(
  span: Pick<Span, 'startUs' | 'endUs'>,
): Pick<Step, 'startedAt' | 'durationMs'> {
  const startedAt = instantOf(span.startUs);
  if (startedAt === undefined) return {};
  return { startedAt, durationMs: Math.round(span.endUs - span.startUs) / 1000 };
}

/** The last instant of the year 9999, which is the last that the wire format can hold. */
const LAST_MS = 253_402_300_799_999;

export function instantOf(us: number): string | undefined {
  const ms = Math.floor(us / 1000);
  return ms > 0 && ms <= LAST_MS ? new Date(ms).toISOString() : undefined;
}

function payload(view: SpanView, sources: readonly Source[]): Json | undefined {
  const found = view.first(sources);
  if (found === undefined) return undefined;
  const value = jsonOf(found.value);
  const isConversation =
    found.attribute === 'gen_ai.input.messages' || found.attribute === 'pydantic_ai.all_messages';
  const instructions = isConversation
    ? jsonOf(view.raw('gen_ai.system_instructions') ?? null)
    : null;
  if (instructions === null || !Array.isArray(value)) return value;
  return [{ role: 'system', parts: instructions }, ...value];
}

/** Attributes of no convention, which the program may have set for itself. */
function attributesOf(view: SpanView): Json | undefined {
  const rest: [string, Json][] = [];
  for (const name of view.names()) {
    if (READ.has(name) || conventionOf(name) !== undefined || name.startsWith('logfire.')) continue;
    const value = view.raw(name);
    if (value !== undefined) rest.push([name, value]);
  }
  return rest.length > 0 ? Object.fromEntries(rest) : undefined;
}

function rulesOf(node: Node, name: string, output: Json | undefined, facts: TraceFacts): Rule[] {
  const { view } = node;
  const guard = node.kind === 'guard' ? [guardRule(name, output, facts.tripped.has(name))] : [];
  const flags = flagEvaluations(view);
  const own = flags.own === undefined ? [] : [flags.own.rule];
  const seen = new Set(facts.flagSpans);
  const events = flags.events.flatMap(({ identity, rule }) => {
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [rule];
  });
  return [...guard, ...eventRules(view), ...own, ...events];
}

/** The question of a decision model, and its options as candidates. */
export interface Choice {
  question: string;
  chosen: string;
  probability: number | undefined;
  candidates: NonNullable<Step['candidates']>;
}

export function choicesOf(view: SpanView): Choice[] {
  const answers = jsonOf(view.raw('ai.decision.answers') ?? null);
  if (!isObject(answers)) return [];
  return Object.entries(answers).flatMap(([question, raw]) => {
    const answer = jsonOf(raw as Json);
    if (!isObject(answer) || answer.type !== 'choice' || typeof answer.choice !== 'string') {
      return [];
    }
    const { choice: chosen } = answer;
    const probabilities = isObject(answer.probabilities)
      ? Object.entries(answer.probabilities)
      : [[chosen, answer.probability]];
    const candidates = probabilities.map(([option, score]): Candidate => {
      const number = numberOf(score);
      const id = cut(String(option), 256);
      const outcome = option === chosen ? 'selected' : 'rejected';
      return { id, outcome, ...(number !== undefined && { score: number }) };
    });
    const probability = numberOf(answer.probability);
    return [{ question, chosen, probability, candidates: setOf(candidates, 'option') }];
  });
}

/** LangGraph stops for a person by raising this. The span has an error status, but nothing failed. */
export function isInterrupt(span: Span): boolean {
  const texts = [span.statusMessage];
  for (const { name, attributes } of span.events) {
    if (name === 'exception') {
      texts.push(String(attributes['exception.type'] ?? ''));
      texts.push(String(attributes['exception.message'] ?? ''));
    }
  }
  return texts.some((text) => /\b(?:Graph|Node)Interrupt\b/.test(text));
}

/** Whether the span failed. A wrapper around an interrupt did not. */
export function hasFailed({ view }: Node): boolean {
  return isInterrupt(view.span) ? false : isError(view);
}

function isError(view: SpanView): boolean {
  return (
    view.span.statusCode === 2 ||
    view.text('error.type') !== undefined ||
    view.text('langfuse.observation.level') === 'ERROR'
  );
}

function errorOf(view: SpanView, keepsStacks: boolean): Step['error'] | undefined {
  const { span } = view;
  if (isInterrupt(span) || !isError(view)) return undefined;
  const event = span.events.findLast(({ name }) => name === 'exception')?.attributes ?? {};
  const type = event['exception.type'] ?? view.text('error.type') ?? 'Error';
  // OpenInference puts the whole stack trace into the status.
  const [firstLine = ''] = span.statusMessage.split('\n');
  const message =
    event['exception.message'] ??
    view.text('langfuse.observation.status_message') ??
    view.text('error.message') ??
    firstLine;
  const stack = event['exception.stacktrace'];
  return {
    type: cut(String(type), 256),
    message: cut(String(message), MAX_MESSAGE),
    ...(keepsStacks && typeof stack === 'string' && { stack }),
  };
}

/** Marks for values that the door had to change. */
export function marksOf(span: Span, index: number): Mark[] {
  return span.changes.map(({ kind, key, original, kept, unit }) => ({
    path: `/steps/${index}`,
    kind,
    rule: `attribute ${cut(key, 128)}`,
    ...(original !== undefined && { original }),
    ...(kept !== undefined && { kept }),
    ...(unit !== undefined && { unit }),
  }));
}
