import { eventReasons, xrayRulesEngine } from '@xray/sdk/json-rules-engine';
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine';
import { describe, expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';
import { randomOf, ROUNDS } from './random.js';

setUpRecording({ pipeline: 'basketball' });

/** The first example of the README of json-rules-engine. */
function fouledOut(): Engine {
  const engine = xrayRulesEngine(xray, new Engine());
  engine.addRule({
    name: 'fouled-out',
    conditions: {
      any: [
        {
          all: [
            { fact: 'gameDuration', operator: 'equal', value: 40 },
            { fact: 'personalFoulCount', operator: 'greaterThanInclusive', value: 5 },
          ],
        },
        {
          all: [
            { fact: 'gameDuration', operator: 'equal', value: 48 },
            {
              name: 'pro-limit',
              fact: 'personalFoulCount',
              operator: 'greaterThanInclusive',
              value: 6,
            },
          ],
        },
      ],
    },
    event: { type: 'fouledOut', params: { message: 'Player has fouled out!' } },
  });
  return engine;
}

describe('json-rules-engine', () => {
  test('the README example becomes an execution with each condition and the value that it saw', async () => {
    const { events } = await fouledOut().run({ personalFoulCount: 6, gameDuration: 40 });
    expect(events.map(({ params }) => params?.['message'])).toEqual(['Player has fouled out!']);
    expect(await last()).toMatchObject({
      pipeline: 'basketball',
      status: 'completed',
      decision: {
        outcome: 'fouledOut',
        reasons: [{ code: 'fouledOut', ruleId: 'fouled-out', text: 'Player has fouled out!' }],
      },
      steps: [
        {
          name: 'rules',
          kind: 'rules',
          input: { personalFoulCount: 6, gameDuration: 40 },
          output: { events: [{ type: 'fouledOut' }], failureEvents: [] },
          rules: [
            { id: 'fouled-out', result: 'pass', op: 'any', effect: 'none' },
            { id: 'fouled-out/any/0', result: 'pass', op: 'all' },
            {
              id: 'fouled-out/any/0/all/0',
              result: 'pass',
              field: 'gameDuration',
              op: '==',
              actual: 40,
              threshold: 40,
            },
            { id: 'fouled-out/any/0/all/1', result: 'pass', op: '>=', actual: 6, threshold: 5 },
            { id: 'fouled-out/any/1', result: 'fail', op: 'all' },
            { id: 'fouled-out/any/1/all/0', result: 'fail', actual: 40, threshold: 48 },
            { id: 'fouled-out/any/1/pro-limit', result: 'pass', actual: 6, threshold: 6 },
          ],
        },
      ],
    });
  });

  test('inside an execution a run is a step, and the host decides', async () => {
    const engine = fouledOut();
    await xray.run(async (execution) => {
      const result = await engine.run({ personalFoulCount: 4, gameDuration: 40 });
      execution.decide('stays', { reasons: eventReasons(result) });
    });
    const all = await delivered();
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ decision: { outcome: 'stays' }, steps: [{ name: 'rules' }] });
    expect(all[0]?.decision).not.toHaveProperty('reasons');
  });

  test('paths, facts as values, shared conditions and negation keep their values', async () => {
    const engine = xrayRulesEngine(xray, new Engine(), {
      name: 'limits',
      versions: { ruleset: 'r42' },
      decide: (execution, { events }) => execution.decide(events.length > 0 ? 'held' : 'paid'),
    });
    engine.setCondition('large', {
      all: [
        {
          fact: 'payment',
          path: '$.amount',
          operator: 'greaterThan',
          value: { fact: 'limit' },
        },
      ],
    });
    engine.addFact('limit', 500);
    engine.addFact('country', () => Promise.resolve('NZ'));
    engine.addRule({
      name: 'hold',
      conditions: {
        all: [
          { condition: 'large' },
          { not: { fact: 'country', operator: 'in', value: ['NZ', 'AU'] } },
        ],
      },
      event: { type: 'hold' },
    });
    await engine.run({ payment: { amount: 700 } });
    expect(await last()).toMatchObject({
      versions: { ruleset: 'r42' },
      decision: { outcome: 'paid' },
      steps: [
        {
          name: 'limits',
          input: { limit: 500, payment: { amount: 700 } },
          rules: [
            { id: 'hold', result: 'fail' },
            { id: 'hold/all/0', result: 'pass' },
            {
              id: 'hold/all/0/all/0',
              field: 'payment.amount',
              op: '>',
              actual: 700,
              threshold: 500,
              result: 'pass',
            },
            { id: 'hold/all/1', op: 'not', result: 'fail' },
            { id: 'hold/all/1/not', field: 'country', op: 'in', actual: 'NZ', result: 'pass' },
          ],
        },
      ],
    });
  });

  test('a condition that the engine did not evaluate is named and has no result', async () => {
    const engine = xrayRulesEngine(xray, new Engine());
    engine.addRule({
      name: 'cheap-first',
      conditions: {
        all: [
          { fact: 'isOpen', operator: 'equal', value: true, priority: 10 },
          { fact: 'score', operator: 'greaterThan', value: 600, priority: 1 },
        ],
      },
      event: { type: 'accept' },
    });
    await engine.run({ isOpen: false, score: 700 });
    const [step] = (await last()).steps;
    expect(step?.rules?.map(({ id }) => id)).toEqual(['cheap-first', 'cheap-first/all/0']);
    expect(step?.output).toMatchObject({ notEvaluated: ['cheap-first/all/1'] });
  });

  test('an error of the almanac fails the step and reaches the host unchanged', async () => {
    const engine = fouledOut();
    await expect(engine.run({ gameDuration: 40 })).rejects.toMatchObject({
      code: 'UNDEFINED_FACT',
    });
    expect(await last()).toMatchObject({
      status: 'failed',
      steps: [{ status: 'failed', error: { code: 'UNDEFINED_FACT' } }],
    });
  });

  test('options that throw and a key that is missing cost the host nothing', async () => {
    const hostile = {
      get name(): string {
        throw new Error('no name');
      },
      decide: () => {
        throw new Error('no decision');
      },
    };
    const engine = xrayRulesEngine(xray, new Engine(), hostile);
    engine.addRule({
      conditions: { all: [{ fact: 'a', operator: 'equal', value: 1 }] },
      event: { type: 'one' },
    });
    const { events, almanac } = await engine.run({ a: 1 });
    expect(events).toEqual([{ type: 'one' }]);
    expect(await almanac.factValue('a')).toBe(1);
    expect(await last()).toMatchObject({ steps: [{ name: 'rules', rules: [{ id: 'one' }, {}] }] });
  });
});

type Facts = Record<string, number | string>;
type Node =
  | { all: Node[] }
  | { any: Node[] }
  | { not: Node }
  | { fact: string; operator: string; value: unknown };

const FACTS = ['a', 'b', 'c'];
const COMPARED: Record<string, (actual: unknown, value: unknown) => boolean> = {
  equal: (actual, value) => actual === value,
  notEqual: (actual, value) => actual !== value,
  lessThan: (actual, value) => Number(actual) < Number(value),
  lessThanInclusive: (actual, value) => Number(actual) <= Number(value),
  greaterThan: (actual, value) => Number(actual) > Number(value),
  greaterThanInclusive: (actual, value) => Number(actual) >= Number(value),
  in: (actual, value) => (value as unknown[]).includes(actual),
  notIn: (actual, value) => !(value as unknown[]).includes(actual),
};

function randomNode(random: (below: number) => number, depth: number): Node {
  const many = (): Node[] =>
    Array.from({ length: 1 + random(3) }, () => randomNode(random, depth - 1));
  const shape = depth === 0 ? 3 : random(6);
  if (shape === 0) return { all: many() };
  if (shape === 1) return { any: many() };
  if (shape === 2) return { not: randomNode(random, depth - 1) };
  const operator = Object.keys(COMPARED)[random(8)] ?? '';
  const value = /in$/i.test(operator) ? [random(6), random(6)] : random(6);
  return { fact: FACTS[random(3)] ?? '', operator, value };
}

/** Evaluates a condition in the simplest way. Collects the verdict of each condition by its id. */
function evaluate(node: Node, facts: Facts, id: string, verdicts: Map<string, boolean>): boolean {
  const below = (part: Node, place: string): boolean =>
    evaluate(part, facts, `${id}/${place}`, verdicts);
  let isTrue: boolean;
  if ('all' in node) isTrue = !node.all.map((part, i) => below(part, `all/${i}`)).includes(false);
  else if ('any' in node)
    isTrue = node.any.map((part, i) => below(part, `any/${i}`)).includes(true);
  else if ('not' in node) isTrue = !below(node.not, 'not');
  else isTrue = COMPARED[node.operator]?.(facts[node.fact], node.value) ?? false;
  verdicts.set(id, isTrue);
  return isTrue;
}

test(`the recorded verdict of every condition equals brute force, in ${String(ROUNDS)} rule sets`, async () => {
  const random = randomOf(23);
  const expected = new Map<string, Map<string, boolean>>();
  let conditions = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const facts = Object.fromEntries(FACTS.map((name) => [name, random(6)]));
    const verdicts = new Map<string, boolean>();
    const rules = Array.from({ length: 1 + random(4) }, (_, index): RuleProperties => {
      const node: Node =
        random(2) === 0
          ? { all: [randomNode(random, 3)] }
          : { any: [randomNode(random, 3), randomNode(random, 2)] };
      evaluate(node, facts, `rule-${String(index)}`, verdicts);
      // json-rules-engine types a condition by the operator at its top.
      const conditions = node as TopLevelCondition;
      return { name: `rule-${String(index)}`, conditions, event: { type: 'event' } };
    });
    const executionId = `round-${String(round)}`;
    expected.set(executionId, verdicts);
    conditions += verdicts.size;
    const engine = xrayRulesEngine(xray, new Engine(rules), { start: { executionId } });
    await engine.run(facts);
    if (round % 100 === 99) await xray.flush();
  }
  const all = await delivered();
  expect(all).toHaveLength(ROUNDS);
  for (const { executionId, steps } of all) {
    const recorded = steps[0]?.rules?.map(({ id, result }) => [id, result === 'pass'] as const);
    expect(new Map(recorded)).toEqual(expected.get(executionId));
  }
  expect(conditions).toBeGreaterThan(5 * ROUNDS);
});
