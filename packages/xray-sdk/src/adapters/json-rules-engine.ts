import type { XRaySDK } from '../client.js';
import type { Execution } from '../execution.js';
import { asRecord, isObject, quietly, type Source } from '../source.js';
import type { Step } from '../step.js';
import type { Reason } from '../wire/decision.js';
import { type PlaceOptions, recordIn } from './place.js';
import { wrapMethod } from './wrap-method.js';

export type { PlaceOptions } from './place.js';

/**
 * The part of the result of `engine.run` that the adapter reads.
 *
 * @example
 * ```ts
 * import type { RulesResult } from '@xray/sdk/json-rules-engine';
 *
 * const isAllowed = ({ failureEvents }: RulesResult) => failureEvents?.length === 0;
 * ```
 */
export interface RulesResult {
  events?: readonly { type: string }[];
  failureEvents?: readonly { type: string }[];
  results?: readonly object[];
  failureResults?: readonly object[];
}

/**
 * The options of a recorded engine.
 *
 * @example
 * ```ts
 * import type { RulesEngineOptions } from '@xray/sdk/json-rules-engine';
 *
 * const options: RulesEngineOptions = { name: 'eligibility', versions: { ruleset: 'r42' } };
 * ```
 */
export interface RulesEngineOptions<Result = RulesResult> extends PlaceOptions {
  /** The step's name. Default: `rules`. */
  name?: string | undefined;
  versions?: Record<string, string> | undefined;
  /**
   * Decides after each run. Default: an execution that the adapter started gets the type of the
   * first event as its outcome, or `no_event`, and the events as its reasons.
   */
  decide?: ((execution: Execution, result: Result) => void) | undefined;
}

/**
 * Records each `run` of this engine as a step: the facts, each rule, and each condition with the
 * value that it saw. Returns the same engine. Its results stay as they are.
 *
 * @example
 * ```ts
 * import { Engine } from 'json-rules-engine';
 * import { xrayRulesEngine } from '@xray/sdk/json-rules-engine';
 *
 * const engine = xrayRulesEngine(xray, new Engine());
 * const { events } = await engine.run({ score: 640 });
 * ```
 */
export function xrayRulesEngine<Engine extends { run(...args: never[]): Promise<RulesResult> }>(
  xray: XRaySDK,
  engine: Engine,
  options: RulesEngineOptions<Awaited<ReturnType<Engine['run']>>> = {},
): Engine {
  wrapMethod(
    engine,
    'run',
    (run) =>
      function (...args) {
        const bare = (): unknown => run.apply(this, args);
        const name = quietly(() => options.name) ?? 'rules';
        const input = quietly(() => factsOf(this, args[0]));
        return recordIn(
          xray,
          options,
          (execution, isOwn) =>
            execution.step(name, { kind: 'rules', input }, async (step) => {
              const result = await bare();
              quietly(() => recordResult(step, result as RulesResult, input));
              quietly(() => execution.set({ versions: options.versions }));
              quietly(() =>
                decide(execution, isOwn, result as Awaited<ReturnType<Engine['run']>>, options),
              );
              return result;
            }),
          bare,
        );
      },
  );
  return engine;
}

/**
 * The events of a run as reasons of a decision, each with the rule that emitted it.
 *
 * @example
 * ```ts
 * import { Engine } from 'json-rules-engine';
 * import { eventReasons } from '@xray/sdk/json-rules-engine';
 *
 * const result = await new Engine().run({ score: 640 });
 * execution.decide('declined', { adverse: true, reasons: eventReasons(result) });
 * ```
 */
export function eventReasons(result: RulesResult): Reason[] {
  return rulesOf(result.results).flatMap(({ id, event }): Reason[] => {
    const { type, params } = isObject(event) ? asRecord(event) : {};
    if (type === undefined) return [];
    const message = isObject(params) ? asRecord(params)['message'] : undefined;
    const text = typeof message === 'string' ? { text: message } : {};
    return [{ code: String(type), ruleId: id, ...text }];
  });
}

function decide<Result extends RulesResult>(
  execution: Execution,
  isOwn: boolean,
  result: Result,
  options: RulesEngineOptions<Result>,
): void {
  if (options.decide !== undefined) options.decide(execution, result);
  else if (isOwn) {
    const outcome = result.events?.[0]?.type ?? 'no_event';
    execution.decide(String(outcome), { reasons: eventReasons(result) });
  }
}

/** The engine's constant facts and those of this run. Computed facts are in the conditions. */
function factsOf(engine: unknown, runtime: unknown): unknown {
  const facts = isObject(engine) ? asRecord(engine)['facts'] : undefined;
  if (!(facts instanceof Map) || facts.size === 0) return runtime ?? {};
  const constants = [...(facts as Map<string, unknown>)].flatMap(([id, fact]) => {
    const value = isObject(fact) ? asRecord(fact)['value'] : undefined;
    return value === undefined ? [] : [[id, value] as const];
  });
  return { ...Object.fromEntries(constants), ...(isObject(runtime) ? runtime : {}) };
}

interface RuleOutcome {
  readonly id: string;
  readonly isPassed: boolean;
  readonly event: unknown;
  readonly conditions: unknown;
}

/** The rules that the engine evaluated. A rule without a name gets the type of its event. */
function rulesOf(results: readonly object[] | undefined): RuleOutcome[] {
  return (results ?? []).map((each) => {
    const { name, event, result, conditions } = asRecord(each);
    const type = isObject(event) ? asRecord(event)['type'] : undefined;
    return { id: String(name ?? type ?? 'rule'), isPassed: result === true, event, conditions };
  });
}

function recordResult(step: Step, result: RulesResult, facts: unknown): void {
  const notEvaluated: string[] = [];
  const record: Recording = { step, facts: isObject(facts) ? asRecord(facts) : {}, notEvaluated };
  const rules = [...rulesOf(result.results), ...rulesOf(result.failureResults)];
  for (const { id, isPassed, conditions } of rules) {
    step.check(id, isPassed, { effect: 'none', op: operatorOf(conditions) });
    recordParts(record, id, conditions);
  }
  const skipped = notEvaluated.length > 0 ? { notEvaluated } : {};
  step.note({ output: { events: result.events, failureEvents: result.failureEvents, ...skipped } });
}

interface Recording {
  readonly step: Step;
  readonly facts: Source;
  /** The ids of conditions without a result. */
  readonly notEvaluated: string[];
}

const BOOLEAN_OPERATORS = ['all', 'any', 'not'] as const;

function operatorOf(condition: unknown): (typeof BOOLEAN_OPERATORS)[number] | undefined {
  if (!isObject(condition)) return undefined;
  return BOOLEAN_OPERATORS.find((name) => asRecord(condition)[name] !== undefined);
}

/** Records the conditions inside a rule or condition, each below the id of its parent. */
function recordParts(record: Recording, id: string, parent: unknown): void {
  const operator = operatorOf(parent);
  if (operator === undefined) return;
  const inner = asRecord(parent as object)[operator];
  const parts: unknown[] = Array.isArray(inner) ? inner : [inner];
  parts.forEach((part, index) => {
    if (!isObject(part)) return;
    const place = operator === 'not' ? 'not' : `${operator}/${String(index)}`;
    const { name } = asRecord(part);
    const partId = `${id}/${typeof name === 'string' && name !== '' ? name : place}`;
    recordCondition(record, partId, part);
  });
}

function recordCondition(record: Recording, id: string, part: object): void {
  const { step, notEvaluated } = record;
  const { result } = asRecord(part);
  if (result === undefined || result === null) {
    notEvaluated.push(id);
    return;
  }
  const operator = operatorOf(part);
  if (operator === undefined) {
    const { fact, path, operator: op, factResult, value, valueResult } = asRecord(part);
    const field = `${String(fact)}${typeof path === 'string' ? path.replace(/^\$/, '') : ''}`;
    step.check(id, result === true, {
      effect: 'none',
      field,
      op: SYMBOLS.get(op) ?? String(op),
      actual: factResult,
      threshold: valueResult ?? factIn(value, record.facts),
    });
    return;
  }
  step.check(id, result === true, { effect: 'none', op: operator });
  recordParts(record, id, part);
}

/** Versions before 7 do not report the value of a fact that another fact is compared with. */
function factIn(value: unknown, facts: Source): unknown {
  const { fact } = isObject(value) ? asRecord(value) : {};
  return typeof fact === 'string' && fact in facts ? facts[fact] : value;
}

/** The operators that X-Ray can compare by itself. Others keep their name. */
const SYMBOLS = new Map<unknown, string>([
  ['equal', '=='],
  ['notEqual', '!='],
  ['lessThan', '<'],
  ['lessThanInclusive', '<='],
  ['greaterThan', '>'],
  ['greaterThanInclusive', '>='],
  ['in', 'in'],
  ['notIn', 'not in'],
]);
