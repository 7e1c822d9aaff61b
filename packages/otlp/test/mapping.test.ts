import { describe, expect, test } from 'vitest';
import { reread, snapshotsOf } from '../src/index.js';
import { snapshotOf, span } from './spans.js';

const root = { 'openinference.span.kind': 'CHAIN' };
const llm = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'm' };

describe('an outcome', () => {
  test('of the program is taken before all others', () => {
    const { decision } = snapshotOf(
      span('root', {
        'xray.outcome': 'declined',
        'xray.adverse': true,
        'xray.reasons': ['SCORE_LOW'],
        'output.value': '{"decision":"approved"}',
      }),
    );
    expect(decision).toEqual({
      outcome: 'declined',
      adverse: true,
      reasons: [{ code: 'SCORE_LOW' }],
      readFrom: 'xray.outcome',
    });
  });

  test('is found in a code fence of the last answer, and its place is named', () => {
    const text = '```json\n{"verdict": "remove"}\n```';
    const { decision } = snapshotOf(
      span('root', root),
      span('chat', { ...llm, 'output.value': text }, { id: 2, parent: 1 }),
    );
    expect(decision).toEqual({ outcome: 'remove', readFrom: 'chat: output.verdict' });
  });

  test('by the app rule has the mapped word and says whether it is adverse', () => {
    const trace = {
      traceId: 'a'.repeat(32),
      spans: [span('root', { ...root, 'output.value': '{"result":{"code":2}}' })],
      logs: [],
    };
    const outcomeRules = [{ path: 'result.code', map: { 2: 'declined' }, adverse: ['declined'] }];
    const [snapshot] = snapshotsOf(trace, {
      appId: 'app',
      isTerminal: true,
      revision: 1,
      outcomeRules,
    });
    expect(snapshot?.decision).toMatchObject({ outcome: 'declined', adverse: true });
  });

  test('is not guessed for a failed root, nor from what a user or a tool said', () => {
    const output = { 'output.value': '{"decision":"approved"}' };
    expect(snapshotOf(span('root', output, { statusCode: 2 })).decision).toBeUndefined();
    const said = JSON.stringify([{ role: 'user', content: '{"decision":"approved"}' }]);
    expect(snapshotOf(span('root', { 'output.value': said })).decision).toBeUndefined();
  });
});

test('spans with pipelines of their own are executions with a link to the rest', () => {
  const spans = [
    span('batch', {}),
    span('one', { 'xray.pipeline': 'loan' }, { id: 2, parent: 1 }),
    span('step', {}, { id: 3, parent: 2 }),
    span('two', { 'xray.pipeline': 'loan' }, { id: 4, parent: 1, at: 20 }),
  ];
  const trace = { traceId: 'b'.repeat(32), spans, logs: [] };
  const snapshots = snapshotsOf(trace, { appId: 'app', isTerminal: true, revision: 1 });
  expect(snapshots.map(({ pipeline, steps }) => [pipeline, steps.length])).toEqual([
    ['batch', 1],
    ['loan', 2],
    ['loan', 1],
  ]);
  expect(snapshots.slice(1).map(({ links }) => links)).toEqual(
    Array.from({ length: 2 }, () => [{ executionId: trace.traceId, relation: 'parent' }]),
  );
});

test('parts of names that vary become one name, but not those of a model', () => {
  const { steps } = snapshotOf(
    span('agent_0b7e1a4c-99aa-4cde-8f00-1234567890ab', {}),
    span('chat gpt-4o-2024-07-18', { 'gen_ai.response.model': 'gpt-4o-2024-07-18' }, { id: 2 }),
    span('order 123456', {}, { id: 3, at: 1 }),
  );
  expect(steps.map(({ name }) => name).sort()).toEqual([
    'agent_*',
    'chat gpt-4o-2024-07-18',
    'order *',
  ]);
});

test('a trace of 12,000 spans keeps its first, its last and its failed ones, and counts the rest', () => {
  const spans = Array.from({ length: 12_000 }, (_, index) =>
    span(`n`, {}, { id: index + 1, at: index, statusCode: index === 5_000 ? 2 : 0 }),
  );
  const { steps, dropped } = snapshotOf(...spans);
  expect(steps.length).toBe(501);
  expect(dropped).toEqual({ steps: 11_499 });
  expect(steps.filter(({ status }) => status === 'failed')).toHaveLength(1);
});

test('a cycle of parents is cut, and a span without its parent is at the top', () => {
  const { steps } = snapshotOf(
    span('a', {}, { id: 1, parent: 2 }),
    span('b', {}, { id: 2, parent: 1 }),
    span('c', {}, { id: 3, parent: 9 }),
  );
  expect(steps.map(({ name, parent }) => [name, parent])).toEqual([
    ['b', undefined],
    ['a', 0],
    ['c', undefined],
  ]);
});

test('the same document has the same id by its source, though its own id differs', () => {
  const documents = {
    'openinference.span.kind': 'RETRIEVER',
    'retrieval.documents.0.document.id': 'cc41fef0-d966-45b9-8c02-dfb248e553a5',
    'retrieval.documents.0.document.metadata': '{"source":"contract-2.pdf"}',
    'retrieval.documents.1.document.content': 'no id at all',
  };
  const items = snapshotOf(span('find', documents)).steps[0]?.candidates?.items ?? [];
  expect(items.map(({ id }) => id)).toEqual(['contract-2.pdf', expect.stringMatching(/^content-/)]);
});

test('an interrupt is a step of a person, not a failure', () => {
  const interrupted = {
    statusCode: 2,
    events: [{ name: 'exception', atUs: 1, attributes: { 'exception.type': 'GraphInterrupt' } }],
  };
  const snapshot = snapshotOf(
    span('graph', root, interrupted),
    span('review', root, { id: 2, parent: 1, ...interrupted }),
  );
  expect(snapshot).toMatchObject({ status: 'completed', decision: { outcome: 'escalated' } });
  expect(snapshot.steps.map(({ kind, status }) => [kind, status])).toEqual([
    ['group', 'completed'],
    ['human', 'skipped'],
  ]);
});

test('10,000 spans within one another are read', () => {
  const spans = Array.from({ length: 10_000 }, (_, index) =>
    span('n', {}, { id: index + 1, parent: index, at: index }),
  );
  expect(snapshotOf(...spans).steps).toHaveLength(10_000);
});

test('the attributes that an app chose name the pipeline and the environment', () => {
  const spans = [
    span('root', { ...root, 'gen_ai.agent.name': 'agent' }, { resource: { 'k8s.ns': 'live' } }),
    span('child', { 'loan.product': 'mortgage 20261201' }, { id: 2, parent: 1 }),
  ];
  const trace = { traceId: 'a'.repeat(32), spans, logs: [] };
  const options = { appId: 'app', isTerminal: true, revision: 1 };
  const [chosen] = snapshotsOf(trace, {
    ...options,
    pipelineAttributes: ['none', 'loan.product'],
    environmentAttributes: ['k8s.ns'],
  });
  expect(chosen).toMatchObject({
    pipeline: 'mortgage *',
    environment: 'live',
    readFrom: { pipeline: 'loan.product', environment: 'k8s.ns' },
  });
});

test('other rules for outcomes give a stored execution what they would give its spans', () => {
  const spans = [
    span('root', { ...root, 'output.value': '{"result":{"code":"N"},"decision":"approved"}' }),
    span('score', { 'loan.product': 'car', 'output.value': '{"grade":7}' }, { id: 2, parent: 1 }),
  ];
  const trace = { traceId: 'a'.repeat(32), spans, logs: [] };
  const options = { appId: 'app', isTerminal: true, revision: 1 };
  const settings = [
    { outcomes: [], pipeline: [], environment: [] },
    { outcomes: [{ path: 'result.code', map: { N: 'declined' } }], pipeline: [], environment: [] },
    { outcomes: [{ step: 'score', path: 'grade' }], pipeline: ['loan.product'], environment: [] },
    {
      outcomes: [{ pipeline: 'other', path: 'result.code' }],
      pipeline: [],
      environment: ['loan.product'],
    },
  ];
  const mapped = settings.map(
    ({ outcomes, pipeline, environment }) =>
      snapshotsOf(trace, {
        ...options,
        outcomeRules: outcomes,
        pipelineAttributes: pipeline,
        environmentAttributes: environment,
      })[0],
  );
  const [stored] = mapped;
  if (stored === undefined) throw new Error('there is no execution');
  for (const [index, rules] of settings.entries()) {
    const { pipeline, environment, decision, readFrom } = mapped[index] ?? stored;
    expect(reread(stored, rules)).toEqual({ pipeline, environment, decision, readFrom });
  }
});
