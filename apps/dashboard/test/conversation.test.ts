import { describe, expect, test } from 'vitest';
import type { Step } from '@xray/core';
import { conversationOf } from '@/features/inspector/conversation';
import { foldName, foldSteps } from '@/features/timeline/folded-steps';

const outlineOf = (step: Pick<Step, 'input' | 'output'>): string[] =>
  conversationOf(step).map(
    ({ role, parts }) =>
      `${role}: ${parts.map((part) => (part.kind === 'text' ? part.text : part.label)).join(' | ')}`,
  );

describe('the conversation of a step', () => {
  test('is read from the shapes of OpenAI, Anthropic and Gemini', () => {
    expect(
      outlineOf({
        input: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Hi' },
          ],
        },
        output: {
          choices: [
            {
              message: {
                role: 'assistant',
                content: null,
                tool_calls: [{ function: { name: 'look', arguments: '{}' } }],
              },
            },
          ],
        },
      }),
    ).toEqual(['system: Be brief.', 'user: Hi', 'assistant: calls look']);
    expect(
      outlineOf({
        input: {
          system: 'Be brief.',
          messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        },
        output: { role: 'assistant', content: [{ type: 'tool_use', name: 'look', input: {} }] },
      }),
    ).toEqual(['system: Be brief.', 'user: Hi', 'assistant: tool use look']);
    expect(
      outlineOf({
        input: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
        output: { candidates: [{ content: { role: 'model', parts: [{ text: 'Hello' }] } }] },
      }),
    ).toEqual(['user: Hi', 'assistant: Hello']);
  });

  test('does not exist for other values', () => {
    expect(outlineOf({ input: { amount: 3 }, output: { role: 'admin', content: 'x' } })).toEqual(
      [],
    );
    expect(outlineOf({ input: [{ role: 'user', content: 'x' }, 7], output: null })).toEqual([]);
  });
});

describe('the steps of a loop', () => {
  const turn = (place: number): Step[] => [
    { name: 'plan', kind: 'llm', sequence: 2 * place, model: { name: 'm', costUsd: 0.25 } },
    { name: 'search', sequence: 2 * place + 1 },
  ];
  test('fold into one row with their number and cost, except where one failed', () => {
    const steps = Array.from({ length: 8 }, (_, place) => turn(place)).flat();
    const { steps: all, tree, folds } = foldSteps(steps, () => false);
    expect(all.slice(steps.length).map(({ name }) => name)).toEqual(['8 × plan → search, 2 USD']);
    expect(tree.nodes).toHaveLength(steps.length + 1);
    expect(tree.nodes[0]).toMatchObject({ index: 16, endPosition: 17, setSize: 1 });
    expect([...folds]).toEqual([[16, 0]]);
    const failed = steps.map((step, index) =>
      index === 8 ? { ...step, status: 'failed' as const } : step,
    );
    const names = foldSteps(failed, () => false).tree.nodes.filter(({ depth }) => depth === 0);
    expect(names.some(({ index }) => index === 8)).toBe(true);
  });

  test('fold inside each other, and keep the step that decides', () => {
    const nested: Step[] = Array.from({ length: 5 }, (_, place) => [
      { name: 'turn', sequence: place * 10 },
      { name: 'look', sequence: place * 10 + 1, parent: place * 10 },
    ]).flat();
    const folded = foldSteps(nested, () => false);
    expect(folded.steps.at(-1)?.name).toBe('5 × turn');
    expect(folded.tree.nodes.map(({ depth }) => depth)).toEqual([0, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
    expect(foldSteps(nested, () => true).folds.size).toBe(0);
  });

  test('name at most four steps of a turn', () => {
    expect(foldName(3, ['a', 'b', 'c', 'd', 'e', 'f'], null)).toBe('3 × a → b → c → d → 2 more');
  });
});
