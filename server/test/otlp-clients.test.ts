import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Snapshot } from '@xray/core';
import { API_KEY, freshServer } from './support/databases.js';
import { detail, list } from './support/http.js';
import { programOf, pythonWithExporters } from './support/tools.js';

const run = promisify(execFile);
let server: Awaited<ReturnType<typeof freshServer>>;
beforeAll(async () => {
  server = await freshServer('postgres');
});
afterAll(() => server.close());

/** The two variables that the page gives, and those of Langfuse. */
const variables = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
  OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${API_KEY}`,
  LANGFUSE_BASE_URL: server.url,
  LANGFUSE_PUBLIC_KEY: 'pk-lf-any',
  LANGFUSE_SECRET_KEY: API_KEY,
});

/** The execution of a pipeline, once it is complete. */
async function executionOf(pipeline: string): Promise<Snapshot> {
  const found = async () => {
    const { items } = await list(server.url, `?q=${encodeURIComponent(`pipeline:${pipeline}`)}`);
    return items
      .filter(({ status }) => status === 'completed')
      .map(({ executionId }) => executionId);
  };
  await expect.poll(found, { timeout: 20_000 }).toHaveLength(1);
  const [id = ''] = await found();
  return (await detail(server.url, id)).snapshot;
}

test('the exporters of JavaScript and the AI SDK show their traces within seconds', async () => {
  const options = { url: `${server.url}/v1/traces`, headers: { 'x-api-key': API_KEY } };
  for (const [name, exporter] of Object.entries({
    'js-protobuf': new ProtobufExporter(options),
    'js-json': new JsonExporter(options),
  })) {
    const spanProcessors = [new SimpleSpanProcessor({ exporter })];
    const provider = new TracerProvider({ spanProcessors });
    const attributes = { 'xray.pipeline': name, 'xray.outcome': 'declined' };
    provider.getTracer('test').startSpan('decide', { attributes }).end();
    await provider.shutdown();
  }
  // The SDK's tests have the AI SDK.
  const cwd = path.join(import.meta.dirname, '../../packages/xray-sdk');
  const program = readFileSync(programOf('ai_sdk.mjs'), 'utf8');
  await run(process.execPath, ['--input-type=module', '-e', program], { cwd, env: variables() });
  for (const name of ['js-protobuf', 'js-json']) {
    expect(await executionOf(name)).toMatchObject({ decision: { outcome: 'declined' } });
  }
  const { decision, steps } = await executionOf('js-ai-sdk');
  expect(decision?.outcome).toBe('declined');
  expect(steps.map(({ kind, name, model }) => [kind, name, model?.inputTokens])).toEqual([
    ['group', 'ai.generateText', undefined],
    ['llm', 'ai.generateText.doGenerate', 100],
    ['action', 'debtRatio', undefined],
    ['llm', 'ai.generateText.doGenerate', 140],
  ]);
}, 60_000);

// The packages are installed from PyPI, which takes a minute at the first run.
describe.runIf(process.env.XRAY_TEST_FULL === '1')('programs in Python', () => {
  let python: Awaited<ReturnType<typeof pythonWithExporters>>;
  beforeAll(async () => {
    python = await pythonWithExporters();
  }, 600_000);

  /** Runs a program with the variables that the page gives. */
  const runs = async (
    name: string,
    env: Record<string, string> = {},
  ): Promise<string | undefined> => {
    if ('missing' in python) return python.missing;
    await run(python.file, [programOf(name)], { env: { ...variables(), ...env } });
    return undefined;
  };

  test('show spans by hand, with their rules and outcome', async ({ skip }) => {
    const missing = await runs('spans_by_hand.py', { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' });
    if (missing !== undefined) skip(missing);
    expect(await executionOf('python-by-hand')).toMatchObject({
      decision: { outcome: 'declined', reasons: [{ code: 'DTI_HIGH' }] },
      steps: [{}, { kind: 'rules', rules: [{ id: 'max_dti', result: 'fail', threshold: 0.4 }] }],
    });
  });

  test('show calls of OpenAI that OpenInference saw, with tokens and outcome', async ({ skip }) => {
    const missing = await runs('openinference_openai.py', {
      OPENAI_BASE_URL: await fakeOpenAi(),
      OPENAI_API_KEY: 'none',
    });
    if (missing !== undefined) skip(missing);
    const { decision, steps } = await executionOf('python-openai');
    expect(decision?.outcome).toBe('declined');
    expect(steps.map(({ kind, model }) => [kind, model?.inputTokens])).toEqual([
      ['group', undefined],
      ['model', 5],
      ['llm', 57],
    ]);
  });

  test('show a chain of LangChain that OpenInference saw, with its documents', async ({ skip }) => {
    const missing = await runs('openinference_langchain.py');
    if (missing !== undefined) skip(missing);
    const { decision, steps } = await executionOf('python-langchain');
    expect(decision?.outcome).toBe('approved');
    const documents = steps.find(({ kind }) => kind === 'retrieve')?.candidates?.items;
    expect(documents?.map(({ id }) => id)).toEqual(['policy-1.pdf', 'policy-2.pdf']);
    expect(steps.map(({ kind }) => kind)).toContain('llm');
  });

  test('show what Langfuse observed, sent by its own exporter', async ({ skip }) => {
    const missing = await runs('langfuse_sdk.py');
    if (missing !== undefined) skip(missing);
    const { decision, steps } = await executionOf('python-langfuse');
    expect(decision?.outcome).toBe('declined');
    expect(steps.map(({ kind }) => kind)).toContain('retrieve');
  });
});

/** Answers like OpenAI's API. */
async function fakeOpenAi(): Promise<string> {
  const usage = { prompt_tokens: 57, completion_tokens: 17, total_tokens: 74 };
  const message = { role: 'assistant', content: '{"decision":"declined"}' };
  const chat = {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, finish_reason: 'stop', message }],
    usage,
  };
  const embedding = {
    object: 'list',
    model: 'text-embedding-3-small',
    data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
    usage: { prompt_tokens: 5, total_tokens: 5 },
  };
  const http = createServer((req, res) => {
    req.resume();
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(req.url?.endsWith('/embeddings') === true ? embedding : chat));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
}
