import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { RunnableLambda } from '@langchain/core/runnables';
import { DynamicTool } from '@langchain/core/tools';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { xrayCallbacks } from '@xray/sdk/langchain';
import { expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'chat' });

test('a chain in an execution becomes nested steps with prompt, answer and model', async () => {
  const prompt = ChatPromptTemplate.fromMessages([['human', 'Is {text} spam?']]);
  const model = new FakeListChatModel({ responses: ['yes'] });
  const chain = prompt.pipe(model);
  const answer = await xray.run(() =>
    chain.invoke({ text: 'this' }, { callbacks: [xrayCallbacks(xray)] }),
  );
  expect(answer.content).toBe('yes');
  const { steps } = await last();
  expect(steps.map(({ name, parent, kind }) => [name, parent, kind])).toEqual([
    ['RunnableSequence', undefined, 'group'],
    ['ChatPromptTemplate', 0, 'group'],
    ['FakeListChatModel', 0, 'llm'],
  ]);
  expect(steps[0]).toMatchObject({
    input: { text: 'this' },
    output: { role: 'ai', content: 'yes' },
  });
  expect(steps[2]).toMatchObject({
    input: [{ role: 'human', content: 'Is this spam?' }],
    output: { role: 'ai', content: 'yes' },
    model: { name: 'FakeListChatModel' },
  });
});

test('outside of an execution the outermost run is one, and a tool and a retriever are steps', async () => {
  class Shelf extends BaseRetriever {
    lc_namespace = ['test'];
    override async _getRelevantDocuments() {
      return [
        { pageContent: 'one', metadata: { source: 'a.md' } },
        { pageContent: 'two', metadata: {} },
      ];
    }
  }
  const tool = new DynamicTool({
    name: 'bureau',
    description: 'gives a score',
    func: async (id: string) => `score of ${id}`,
  });
  const agent = RunnableLambda.from(async (question: string, config) => {
    await new Shelf().invoke(question, config);
    return await tool.invoke('a-17', config);
  }).withConfig({ runName: 'agent' });
  expect(await agent.invoke('why?', { callbacks: [xrayCallbacks(xray)] })).toBe('score of a-17');
  const snapshot = await last();
  expect(snapshot).toMatchObject({ pipeline: 'chat', status: 'completed' });
  expect(snapshot.steps).toMatchObject([
    { name: 'agent', output: { output: 'score of a-17' } },
    {
      name: 'Shelf',
      parent: 0,
      kind: 'retrieve',
      candidates: { in: 2, out: 2, items: [{ id: 'a.md' }, { id: 'document 2' }] },
    },
    {
      name: 'bureau',
      parent: 0,
      kind: 'action',
      input: { input: 'a-17' },
      output: 'score of a-17',
    },
  ]);
});

test('an error fails its steps and reaches the caller, and a retry has its attempt', async () => {
  let runs = 0;
  const flaky = RunnableLambda.from(async () => {
    runs += 1;
    if (runs === 1) throw new Error('overloaded');
    return new AIMessage('ok');
  }).withConfig({ runName: 'flaky' });
  const options = { callbacks: [xrayCallbacks(xray)] };
  await flaky.withRetry({ stopAfterAttempt: 2 }).invoke([new HumanMessage('x')], options);
  const refusing = RunnableLambda.from(() => Promise.reject(new Error('no quota')));
  await expect(refusing.invoke('x', options)).rejects.toThrow('no quota');
  const all = await delivered();
  expect(all.map(({ status }) => status)).toEqual(['completed', 'failed']);
  const attempts = all[0]?.steps.filter(({ name }) => name === 'flaky') ?? [];
  expect(attempts.at(-1)).toMatchObject({ status: 'completed', output: { content: 'ok' } });
  expect(attempts.some(({ error }) => error?.message === 'overloaded')).toBe(true);
  expect(attempts.some(({ attempt }) => attempt === 2)).toBe(true);
});
