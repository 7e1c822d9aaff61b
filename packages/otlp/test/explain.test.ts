import { appearancesOf, explain, explanationText, type Snapshot } from '@xray/core';
import { describe, expect, test } from 'vitest';
import { snapshotsOf } from '../src/index.js';
import { recordedRequests } from './bodies.js';
import { tracesOf } from './traces.js';

function executionOf(name: string): Snapshot {
  const [trace] = tracesOf(recordedRequests().get(name) ?? []);
  const options = { appId: 'app', isTerminal: true, revision: 1 };
  const [snapshot] = trace === undefined ? [] : snapshotsOf(trace, options);
  if (snapshot === undefined) throw new Error(`${name} has no trace`);
  return snapshot;
}

const textOf = (name: string): string => explanationText(explain(executionOf(name)));

describe('the explanation of a recorded trace', () => {
  test('names the guardrail that stopped an agent', () => {
    const text = textOf('openinference-openai-agents-py/guardrail');
    expect(text).toContain('the decision was blocked');
    expect(text).toContain('Rule toxicity_guardrail in step 4 (toxicity_guardrail) failed.');
  });

  test('says why a reranker left documents out, and each of them is found in both steps', () => {
    const name = 'openinference-openai-js/retriever-rerank';
    expect(textOf(name)).toContain('Rejected because of: BELOW_TOP_K 5.');
    const found = appearancesOf(executionOf(name), 'doc-1');
    expect(found.map(({ outcome }) => outcome)).toEqual(['selected', 'rejected']);
  });

  test('names the option that a decision model chose, its probability and the others', () => {
    const text = textOf('vercel-ai7-js/decide');
    expect(text).toContain('the decision was declined (confidence 0.83)');
    expect(text).toContain('Selected: declined (score 0.83).');
    expect(text).toContain('approved, rejected at score 0.085');
  });
});
