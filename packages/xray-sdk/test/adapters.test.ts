import type { AddressInfo } from 'node:net';

import { type Execution, XRaySDK } from '@xray/sdk';
import { xrayAiMiddleware } from '@xray/sdk/ai';
import { executionOf, xrayMiddleware } from '@xray/sdk/express';
import { replay } from '@xray/sdk/replay';
import { generateText, simulateReadableStream, streamText, wrapLanguageModel } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import express from 'express';
import { describe, expect, test, vi } from 'vitest';

import { setUpRecording, sink, xray } from './recording.js';

setUpRecording({ pipeline: 'web' });

describe('Express', () => {
  /** Sends one request to a real app, and returns its record. */
  async function request(path: string, headers: Record<string, string> = {}) {
    const app = express();
    app.use(
      xrayMiddleware(xray, {
        start: ({ path: asked }: express.Request) =>
          asked.startsWith('/decide') ? { pipeline: 'decide', tags: [asked] } : undefined,
      }),
    );
    app.get(
      '/plain',
      (_request, response) => void response.json({ isRecorded: xray.current() !== undefined }),
    );
    app.get('/decide', async (_request, response) => {
      await Promise.resolve();
      xray.current()?.step('work', () => 42);
      executionOf(response)?.decide('approved');
      response.json({ ok: true });
    });
    app.get('/decide/broken', () => {
      throw new Error('broken');
    });
    app.use(
      (
        _error: unknown,
        _request: express.Request,
        response: express.Response,
        _next: express.NextFunction,
      ) => {
        response.status(500).end();
      },
    );
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers });
    const body = await answer.text();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await xray.flush();
    return { status: answer.status, body };
  }

  test('a chosen request becomes an execution that its handlers can reach', async () => {
    expect(await request('/decide')).toEqual({ status: 200, body: '{"ok":true}' });
    expect(sink.snapshots).toEqual([
      expect.objectContaining({
        pipeline: 'decide',
        status: 'completed',
        tags: ['/decide'],
        decision: { outcome: 'approved' },
        steps: [expect.objectContaining({ name: 'work', output: 42 })],
      }),
    ]);
  });

  test('a request that is not chosen is not recorded', async () => {
    expect(await request('/plain')).toEqual({ status: 200, body: '{"isRecorded":false}' });
    expect(sink.snapshots).toEqual([]);
  });

  test('a 5xx answer fails the execution', async () => {
    expect((await request('/decide/broken')).status).toBe(500);
    expect(sink.snapshots[0]).toMatchObject({
      status: 'failed',
      steps: [{ error: { message: 'answered 500' } }],
    });
  });

  test("an execution continues the caller's trace", async () => {
    const caller = xray.startExecution();
    await request('/decide', caller.headers());
    expect(sink.snapshots[0]).toMatchObject({
      links: [{ executionId: caller.id, relation: 'parent' }],
      trace: { traceId: caller.headers()['traceparent']?.slice(3, 35) },
    });
  });
});

test('a client that disconnected before the middleware ran fails the execution', async () => {
  const app = express();
  app.use(async (_request, response, next) => {
    await new Promise<void>((resolve) => response.once('close', resolve));
    next();
  });
  app.use(xrayMiddleware(xray, { start: () => ({}) }));
  app.get('/', (_request, response) => void response.end());
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const abort = new AbortController();
  server.once('request', () => abort.abort());
  await fetch(`http://127.0.0.1:${String(port)}/`, { signal: abort.signal }).catch(() => {});
  await vi.waitFor(() => expect(xray.stats().recorded).toBe(1));
  await xray.flush();
  expect(sink.snapshots).toMatchObject([{ status: 'failed' }]);
  server.close();
});

type StreamPart =
  Awaited<ReturnType<MockLanguageModelV3['doStream']>>['stream'] extends ReadableStream<infer Part>
    ? Part
    : never;

const USAGE = {
  inputTokens: { total: 12, noCache: 12, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 3, text: 3, reasoning: undefined },
};
const STOP = { unified: 'stop' as const, raw: undefined };

describe('the Vercel AI SDK', () => {
  const base = new MockLanguageModelV3({
    provider: 'mock',
    modelId: 'mock-1',
    doGenerate: async () => ({
      content: [{ type: 'text', text: 'spam' }],
      finishReason: STOP,
      usage: USAGE,
      warnings: [],
    }),
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: 'text-start', id: '1' },
          { type: 'text-delta', id: '1', delta: 'not ' },
          { type: 'text-delta', id: '1', delta: 'spam' },
          { type: 'text-end', id: '1' },
          { type: 'finish', finishReason: STOP, usage: USAGE },
        ],
      }),
    }),
  });

  test('a generated text is a step with its prompt, answer, model and tokens', async () => {
    const model = wrapLanguageModel({ model: base, middleware: xrayAiMiddleware(xray) });
    const { text } = await xray.run(() =>
      generateText({ model, prompt: 'Is it?', temperature: 0 }),
    );
    expect(text).toBe('spam');
    await xray.flush();
    expect(sink.snapshots[0]?.steps).toMatchObject([
      {
        name: 'mock-1',
        kind: 'llm',
        input: [{ role: 'user', content: [{ type: 'text', text: 'Is it?' }] }],
        output: { content: [{ type: 'text', text: 'spam' }] },
        model: {
          provider: 'mock',
          name: 'mock-1',
          params: { temperature: 0 },
          inputTokens: 12,
          outputTokens: 3,
        },
      },
    ]);
  });

  test('a streamed text passes through and ends its step with the stream', async () => {
    const model = wrapLanguageModel({
      model: base,
      middleware: xrayAiMiddleware(xray, { name: 'judge' }),
    });
    const text = await xray.run(async () => {
      let all = '';
      for await (const part of streamText({ model, prompt: 'Is it?' }).textStream) all += part;
      return all;
    });
    expect(text).toBe('not spam');
    await xray.flush();
    expect(sink.snapshots[0]?.steps).toMatchObject([
      {
        name: 'judge',
        status: 'completed',
        output: { content: [{ type: 'text', text: 'not spam' }] },
        model: { outputTokens: 3 },
      },
    ]);
  });

  test('a replay gives generated and streamed answers from the record', async () => {
    const recording = new XRaySDK({
      apiKey: 'xr_test',
      appId: 'app',
      pipeline: 'chat',
      endpoint: sink.endpoint,
      replay: 'effects',
    });
    const chat = (model: MockLanguageModelV3) =>
      recording.run({ input: 'Is it?' }, async (execution: Execution) => {
        const wrapped = wrapLanguageModel({ model, middleware: xrayAiMiddleware(recording) });
        const { text } = await generateText({ model: wrapped, prompt: 'Is it?' });
        const streaming = streamText({ model: wrapped, prompt: 'Is it not?' });
        let streamedText = '';
        for await (const part of streaming.textStream) streamedText += part;
        const { outputTokens } = await streaming.usage;
        execution.decide(`${text}, ${streamedText}, ${String(outputTokens)}`);
      });
    await chat(base);
    await recording.flush();
    const [recorded] = sink.snapshots;
    if (recorded === undefined) throw new Error('nothing arrived');
    const refusing = new MockLanguageModelV3({ provider: 'mock', modelId: 'mock-1' });
    for await (const result of replay([recorded], { run: () => chat(refusing) })) {
      expect(result).toMatchObject({
        verdict: 'same',
        answered: 2,
        is: { outcome: 'spam, not spam, 3' },
      });
    }
  });

  test('an error of the model fails its step and reaches the caller', async () => {
    const failing = new MockLanguageModelV3({
      doGenerate: () => Promise.reject(new Error('no quota')),
    });
    const model = wrapLanguageModel({ model: failing, middleware: xrayAiMiddleware(xray) });
    await expect(
      xray.run(() => generateText({ model, prompt: 'x', maxRetries: 0 })),
    ).rejects.toThrow('no quota');
    await xray.flush();
    expect(sink.snapshots[0]).toMatchObject({
      status: 'failed',
      steps: [{ status: 'failed', error: { message: 'no quota' } }],
    });
  });

  /** Sends these parts through a real `streamText`. Errors are ignored. */
  async function streamed(chunks: StreamPart[]): Promise<void> {
    const streaming = new MockLanguageModelV3({
      doStream: async () => ({ stream: simulateReadableStream({ chunks }) }),
    });
    const model = wrapLanguageModel({ model: streaming, middleware: xrayAiMiddleware(xray) });
    await xray.run(async () => {
      const { fullStream } = streamText({ model, prompt: 'x', onError: () => {} });
      for await (const _part of fullStream);
    });
    await xray.flush();
  }

  test('a provider that reports its failure in the stream fails the step', async () => {
    await streamed([
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'half' },
      { type: 'error', error: new Error('overloaded') },
      { type: 'finish', finishReason: { unified: 'error', raw: undefined }, usage: USAGE },
    ]);
    expect(sink.snapshots[0]?.steps).toMatchObject([
      {
        status: 'failed',
        error: { message: 'overloaded' },
        output: { content: [{ type: 'text', text: 'half' }] },
      },
    ]);
  });

  test('a streamed answer records reasoning and text like a generated answer', async () => {
    await streamed([
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'it sells ' },
      { type: 'reasoning-delta', id: '0', delta: 'things' },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'spam' },
      { type: 'text-end', id: '1' },
      { type: 'finish', finishReason: STOP, usage: USAGE },
    ]);
    expect(sink.snapshots[0]?.steps[0]?.output).toMatchObject({
      content: [
        { type: 'reasoning', text: 'it sells things' },
        { type: 'text', text: 'spam' },
      ],
    });
  });

  test('a call outside of an execution is passed through unrecorded', async () => {
    const model = wrapLanguageModel({ model: base, middleware: xrayAiMiddleware(xray) });
    expect((await generateText({ model, prompt: 'x' })).text).toBe('spam');
    await vi.waitFor(async () => expect(await xray.flush()).toBe(true));
    expect(sink.snapshots).toEqual([]);
  });
});
