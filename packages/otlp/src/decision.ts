import type { Decision, Json, Step } from '@xray/core';
import { cut } from './names.js';
import { outcomeAttribute, outcomeIn } from './outcome.js';
import { choicesOf, isInterrupt } from './steps.js';
import type { Node } from './tree.js';
import { isObject, jsonOf } from './values.js';

/** A rule of an app: where its outcome is written, for traces that say it nowhere else. */
export interface OutcomeRule {
  pipeline?: string | undefined;
  /** A step by its name; without one, the execution's output. */
  step?: string | undefined;
  /** Keys into the step's output, joined by dots: `result.verdict`. */
  path: string;
  /** Outcomes by the values read. A value that is not listed is the outcome itself. */
  map?: Record<string, string> | undefined;
  /** The outcomes that are adverse. */
  adverse?: string[] | undefined;
}

export interface DecisionInput {
  order: Node[];
  root: Node | undefined;
  steps: ReadonlyMap<Node, Step | undefined>;
  pipeline: string;
  output: Json | undefined;
  hasFailed: boolean;
  isTerminal: boolean;
  rules: OutcomeRule[];
}

const MAX_OUTCOME = 64;

/** The business decision, from the first place that has one; `readFrom` names the place. */
export function decisionOf(input: DecisionInput): Decision | undefined {
  const given =
    givenDecision(input.order) ??
    ruledDecision({
      ...input,
      steps: [...input.steps.values()].filter((step) => step !== undefined),
    });
  if (given !== undefined) return given;
  // A running execution may still decide, and a failed one has not decided.
  if (!input.isTerminal) return undefined;
  return typedDecision(input.order) ?? blocked(input) ?? escalated(input.order) ?? guessed(input);
}

function givenDecision(order: Node[]): Decision | undefined {
  const node = order.find(({ view }) => view.text('xray.outcome') !== undefined);
  const outcome = node?.view.text('xray.outcome');
  if (node === undefined || outcome === undefined) return undefined;
  const adverse = node.view.raw('xray.adverse');
  const reasons = jsonOf(node.view.raw('xray.reasons') ?? null);
  const codes =
    typeof reasons === 'string' ? reasons.split(',') : Array.isArray(reasons) ? reasons : [];
  return {
    outcome: cut(outcome, MAX_OUTCOME),
    ...(typeof adverse === 'boolean' && { adverse }),
    ...(codes.length > 0 && {
      reasons: codes.slice(0, 16).map((code) => ({ code: cut(String(code).trim(), 64) })),
    }),
    readFrom: 'xray.outcome',
  };
}

/** The decision by the first rule that finds a value. */
export function ruledDecision({
  rules,
  pipeline,
  steps,
  output,
}: {
  rules: OutcomeRule[];
  pipeline: string;
  steps: readonly Step[];
  output: Json | undefined;
}): Decision | undefined {
  for (const { pipeline: only, step, path, map = {}, adverse = [] } of rules) {
    if (only !== undefined && only !== pipeline) continue;
    const source =
      step === undefined ? output : steps.findLast(({ name }) => name === step)?.output;
    const value = valueAt(source, path);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      continue;
    const text = String(value);
    const outcome = cut((Object.hasOwn(map, text) ? map[text] : undefined) ?? text, MAX_OUTCOME);
    if (outcome === '') continue;
    const place = `${step ?? 'output'}: ${path}`;
    return {
      outcome,
      ...(adverse.length > 0 && { adverse: adverse.includes(outcome) }),
      readFrom: cut(`rule of the app (${place})`, 256),
    };
  }
  return undefined;
}

function valueAt(source: Json | undefined, path: string): Json | undefined {
  let value = source;
  for (const key of path.split('.')) {
    const plain = jsonOf(value ?? null);
    if (Array.isArray(plain)) value = plain.at(Number(key));
    else if (isObject(plain) && Object.hasOwn(plain, key)) value = plain[key] as Json;
    else return undefined;
  }
  return value;
}

/** A decision model with one question of choice says it all. */
function typedDecision(order: Node[]): Decision | undefined {
  for (const { kind, view } of order) {
    const [choice, ...others] = kind === 'decide' ? choicesOf(view) : [];
    if (choice === undefined || others.length > 0) continue;
    const { chosen, probability } = choice;
    const id = view.text('gen_ai.response.model') ?? view.text('gen_ai.request.model');
    const isProbability = probability !== undefined && probability >= 0 && probability <= 1;
    return {
      outcome: cut(chosen, MAX_OUTCOME),
      ...(isProbability && { confidence: probability }),
      ...(id !== undefined && { decidedBy: { type: 'model', id: cut(id, 256) } }),
      readFrom: 'ai.decision.answers',
    };
  }
  return undefined;
}

/** A guardrail failed, and no model ran after it. */
function blocked({ order, steps }: DecisionInput): Decision | undefined {
  const guard = order.find((node) => {
    const rules = node.kind === 'guard' ? (steps.get(node)?.rules ?? []) : [];
    return rules.some(({ result }) => result === 'fail');
  });
  if (guard === undefined) return undefined;
  const { startUs } = guard.view.span;
  const ran = order.some(({ kind, view }) => kind === 'llm' && view.span.startUs >= startUs);
  if (ran) return undefined;
  return { outcome: 'blocked', readFrom: cut(`guardrail ${guard.view.span.name}`, 256) };
}

function escalated(order: Node[]): Decision | undefined {
  const interrupted = order.some(({ view }) => isInterrupt(view.span));
  return interrupted ? { outcome: 'escalated', readFrom: 'interrupt' } : undefined;
}

function guessed({ order, root, steps, hasFailed }: DecisionInput): Decision | undefined {
  if (hasFailed) return undefined;
  const rootOutput = root && steps.get(root)?.output;
  const inOutput = rootOutput === undefined ? undefined : outcomeIn(rootOutput, 'output');
  if (inOutput !== undefined) return found(inOutput.outcome, inOutput.at);
  for (const name of root?.view.names() ?? []) {
    const outcome = outcomeAttribute(name, root?.view.raw(name) ?? null);
    if (outcome !== undefined) return found(outcome, name);
  }
  const answers = order.filter(({ kind }) => kind === 'llm' || kind === 'decide').slice(-2);
  for (const node of answers.toReversed()) {
    const step = steps.get(node);
    const inAnswer =
      step?.output === undefined ? undefined : outcomeIn(step.output, `${step.name}: output`);
    if (inAnswer !== undefined) return found(inAnswer.outcome, inAnswer.at);
  }
  return undefined;
}

function found(outcome: string, at: string): Decision {
  return { outcome: cut(outcome, MAX_OUTCOME), readFrom: cut(at, 256) };
}
