import * as zen from '@gorules/zen-engine';
import { xrayZen, type ZenOptions } from '@xray/sdk/zen';
import { describe, expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';
import { randomOf, ROUNDS } from './random.js';

setUpRecording({ pipeline: 'pricing' });

const edge = (sourceId: string, targetId: string, sourceHandle?: string) => ({
  id: `${sourceId}-${targetId}`,
  type: 'edge',
  sourceId,
  targetId,
  ...(sourceHandle === undefined ? {} : { sourceHandle }),
});

const REQUEST = { id: 'in', type: 'inputNode', name: 'request' };
const RESPONSE = { id: 'out', type: 'outputNode', name: 'response' };

const TIERS = {
  id: 'tiers',
  type: 'decisionTableNode',
  name: 'tiers',
  content: {
    hitPolicy: 'first',
    inputs: [
      { id: 'i1', name: 'Score', type: 'expression', field: 'score' },
      { id: 'i2', name: 'Country', type: 'expression', field: 'customer.country' },
      { id: 'i3', name: 'Debt', type: 'expression' },
    ],
    outputs: [{ id: 'o1', name: 'Tier', type: 'expression', field: 'tier' }],
    rules: [
      { _id: 'r1', _description: 'best', i1: '> 700', i2: '', i3: '', o1: '"A"' },
      { _id: 'r2', i1: '> 600', i2: '"US"', i3: '', o1: '"B"' },
      { _id: 'r3', i1: '[600..680]', i2: '', i3: 'dti < 0.4', o1: '"C"' },
      { _id: 'r4', i1: '', i2: '', i3: '', o1: '"D"' },
    ],
  },
};

/** A decision with a table, a switch, an expression and a nested decision. */
const LOAN = {
  nodes: [
    REQUEST,
    TIERS,
    {
      id: 'sw',
      type: 'switchNode',
      name: 'size',
      content: {
        hitPolicy: 'first',
        statements: [
          { id: 's1', condition: 'score > 900' },
          { id: 's2', condition: '' },
        ],
      },
    },
    { id: 'sub', type: 'decisionNode', name: 'rate', content: { key: 'rate' } },
    RESPONSE,
  ],
  edges: [
    edge('in', 'tiers'),
    edge('in', 'sw'),
    edge('sw', 'sub', 's2'),
    edge('tiers', 'out'),
    edge('sub', 'out'),
  ],
};

const RATE = {
  nodes: [
    REQUEST,
    {
      id: 'ex',
      type: 'expressionNode',
      name: 'double',
      content: { expressions: [{ id: 'e1', key: 'rate', value: 'score * 2' }] },
    },
    RESPONSE,
  ],
  edges: [edge('in', 'ex'), edge('ex', 'out')],
};

const loader = async (key: string) => Buffer.from(JSON.stringify(key === 'rate' ? RATE : LOAN));

const recorded = (options: ZenOptions = {}) => xrayZen(xray, zen, options);

describe('zen', () => {
  test('each node is a step, and each row above the match shows the cell that failed', async () => {
    const { ZenEngine } = recorded({
      versions: { ruleset: 'r42' },
      decide: (execution, result) =>
        execution.decide(`tier ${(result as { tier: string }).tier}`, { adverse: true }),
    });
    const engine = new ZenEngine({ loader });
    const input = { score: 650, customer: { country: 'NZ' }, dti: 0.5 };
    const answer = await engine.evaluate('loan', input);
    expect(answer).toEqual({ performance: expect.any(String), result: { rate: 1300, tier: 'D' } });
    const { steps, ...execution } = await last();
    expect(execution).toMatchObject({
      pipeline: 'pricing',
      input,
      output: { tier: 'D' },
      versions: { ruleset: 'r42' },
      decision: { outcome: 'tier D', adverse: true },
    });
    expect(steps.map(({ name, parent, kind }) => [name, parent, kind])).toEqual([
      ['loan', undefined, 'rules'],
      ['tiers', 0, 'rules'],
      ['size', 0, 'rules'],
      ['rate', 0, 'group'],
      ['double', 3, 'transform'],
    ]);
    expect(steps[1]).toMatchObject({
      output: { tier: 'D' },
      metrics: { rows: 4, rows_evaluated: 4 },
      rules: [
        { id: 'tiers/best', result: 'fail', field: 'score', op: '>', actual: 650, threshold: 700 },
        {
          id: 'tiers/row 2',
          result: 'fail',
          field: 'customer.country',
          op: '==',
          actual: 'NZ',
          threshold: 'US',
        },
        { id: 'tiers/row 3', result: 'fail', field: 'Debt', threshold: 'dti < 0.4' },
        { id: 'tiers/row 4', result: 'pass' },
      ],
    });
    expect(steps[2]?.rules).toMatchObject([
      { id: 'size/branch 1', result: 'fail', threshold: 'score > 900' },
      { id: 'size/branch 2', result: 'pass', threshold: 'else' },
    ]);
    expect(steps[4]).toMatchObject({ output: { rate: 1300 }, metrics: {} });
  });

  test('a trace that the host asked for stays in the answer', async () => {
    const { ZenEngine } = recorded();
    const engine = new ZenEngine({ loader });
    const { trace } = await engine.evaluate('rate', { score: 1 }, { trace: true });
    expect(Object.keys(trace ?? {}).sort()).toEqual(['ex', 'in', 'out']);
    const compressed = await engine.evaluate('rate', { score: 1 }, { trace: 'reference' });
    expect(compressed.trace).toHaveProperty('$root');
    expect((await delivered()).map(({ steps }) => steps.length)).toEqual([2, 1]);
  });

  test('decisions that the engine creates or gets are recorded in the current execution', async () => {
    const { ZenEngine } = recorded({ name: 'tier' });
    const engine = new ZenEngine({ loader });
    await xray.run(async () => {
      const created = engine.createDecision({
        nodes: [REQUEST, TIERS, RESPONSE],
        edges: [edge('in', 'tiers'), edge('tiers', 'out')],
      });
      expect((await created.evaluate({ score: 710, customer: {}, dti: 1 })).result).toEqual({
        tier: 'A',
      });
      const found = await engine.getDecision('loan');
      const { success } = await found.safeEvaluate({ score: 710, customer: {}, dti: 1 });
      expect(success).toBe(true);
    });
    const all = await delivered();
    expect(all).toHaveLength(1);
    const tables = all[0]?.steps.filter(({ name }) => name === 'tiers') ?? [];
    const matched = [{ id: 'tiers/best', result: 'pass', effect: 'none' }];
    expect(tables.map(({ rules }) => rules)).toEqual([matched, matched]);
  });

  test('an error of a node fails the step, shows the nodes before it, and stays unchanged', async () => {
    const broken = {
      nodes: [
        REQUEST,
        TIERS,
        {
          id: 'ex',
          type: 'expressionNode',
          name: 'broken',
          content: { expressions: [{ id: 'e1', key: 'x', value: 'score +* 2' }] },
        },
        RESPONSE,
      ],
      edges: [edge('in', 'tiers'), edge('tiers', 'ex'), edge('ex', 'out')],
    };
    const input = { score: 710, customer: {} };
    const bare = await new zen.ZenEngine().createDecision(broken).safeEvaluate(input);
    const { ZenEngine } = recorded();
    const decision = new ZenEngine().createDecision(broken);
    await expect(decision.evaluate(input)).rejects.toThrow('NodeError');
    const answer = await decision.safeEvaluate(input);
    expect(Object.keys(answer)).toEqual(Object.keys(bare));
    expect(answer.success).toBe(false);
    for (const { steps } of await delivered()) {
      expect(steps[0]).toMatchObject({ status: 'failed' });
      expect(steps[1]).toMatchObject({ name: 'tiers', rules: [{ id: 'tiers/best' }] });
    }
  });
});

type Cell = { text: string; holds: (value: number | string) => boolean };

function randomCell(random: (below: number) => number): Cell {
  const [low, high] = [random(10), random(10)];
  const cells: Cell[] = [
    { text: '', holds: () => true },
    { text: `> ${String(low)}`, holds: (value) => Number(value) > low },
    { text: `<= ${String(low)}`, holds: (value) => Number(value) <= low },
    { text: `!= ${String(low)}`, holds: (value) => value !== low },
    { text: String(low), holds: (value) => value === low },
    {
      text: `[${String(low)}..${String(low + high)}]`,
      holds: (value) => Number(value) >= low && Number(value) <= low + high,
    },
    {
      text: `${String(low)}, ${String(high)}`,
      holds: (value) => value === low || value === high,
    },
  ];
  return cells[random(cells.length)] ?? { text: '', holds: () => true };
}

test(`the recorded verdict of every row equals brute force, in ${String(ROUNDS)} tables`, async () => {
  const random = randomOf(7);
  const { ZenEngine } = recorded();
  const expected: [string, string, string | undefined][][] = [];
  const engine = new ZenEngine();
  for (let round = 0; round < ROUNDS; round += 1) {
    const fields = ['a', 'b', 'c'].slice(0, 1 + random(3));
    const facts = Object.fromEntries(fields.map((field) => [field, random(10)]));
    const rows = Array.from({ length: 1 + random(6) }, () => fields.map(() => randomCell(random)));
    const hitPolicy = random(3) === 0 ? 'collect' : 'first';
    const verdicts: [string, string, string | undefined][] = [];
    for (const [index, row] of rows.entries()) {
      const failed = fields.find((field, i) => row[i]?.holds(facts[field] ?? 0) === false);
      verdicts.push([`t/row ${String(index + 1)}`, failed === undefined ? 'pass' : 'fail', failed]);
      if (failed === undefined && hitPolicy === 'first') break;
    }
    expected.push(verdicts);
    const table = {
      id: 't',
      type: 'decisionTableNode',
      name: 't',
      content: {
        hitPolicy,
        inputs: fields.map((field) => ({ id: field, name: field, type: 'expression', field })),
        outputs: [{ id: 'o', name: 'o', type: 'expression', field: 'o' }],
        rules: rows.map((row, index) => ({
          _id: `r${String(index)}`,
          ...Object.fromEntries(fields.map((field, i) => [field, row[i]?.text])),
          o: String(index),
        })),
      },
    };
    const decision = engine.createDecision({
      nodes: [REQUEST, table, RESPONSE],
      edges: [edge('in', 't'), edge('t', 'out')],
    });
    await decision.evaluate(facts);
    if (round % 100 === 99) await xray.flush();
  }
  const all = await delivered();
  expect(all).toHaveLength(ROUNDS);
  const verdicts = all.map(({ steps }) =>
    steps[1]?.rules?.map(({ id, result, field }) => [id, result, field]),
  );
  expect(verdicts).toEqual(expected);
});
