import {
  Annotation,
  Command,
  END,
  interrupt,
  MemorySaver,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { xrayCallbacks } from '@xray/sdk/langchain';
import { expect, test } from 'vitest';

import { delivered, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'graph' });

test('nodes of a graph are steps, and an interrupt is a step of a person', async () => {
  const State = Annotation.Root({ score: Annotation<number>(), answer: Annotation<string>() });
  const graph = new StateGraph(State)
    .addNode('bureau', async () => ({ score: 640 }))
    .addNode('review', async () => ({ answer: interrupt('approve?') as string }))
    .addEdge(START, 'bureau')
    .addEdge('bureau', 'review')
    .addEdge('review', END)
    .compile({ checkpointer: new MemorySaver() });
  const config = { configurable: { thread_id: '1' }, callbacks: [xrayCallbacks(xray)] };
  await graph.invoke({ score: 0 }, config);
  const result = await graph.invoke(new Command({ resume: 'yes' }), config);
  expect(result).toEqual({ score: 640, answer: 'yes' });
  const [first, second] = await delivered();
  expect(first?.status).toBe('completed');
  const names = first?.steps.map(({ name }) => name) ?? [];
  expect(names).toEqual(expect.arrayContaining(['LangGraph', 'bureau', 'review', 'interrupt']));
  expect(first?.steps.find(({ name }) => name === 'interrupt')).toMatchObject({
    kind: 'human',
    output: [{ value: 'approve?' }],
  });
  expect(second?.steps.find(({ name }) => name === 'review')).toMatchObject({
    output: { answer: 'yes' },
  });
});
