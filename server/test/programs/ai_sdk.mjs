// Run in a folder that has the packages, with OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS.
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { generateText, stepCountIs, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { z } from 'zod';

const usage = (input, output) => ({
  inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: output, text: output, reasoning: 0 },
});
const answers = [
  {
    content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'debtRatio', input: '{"id":7}' }],
    finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
    usage: usage(100, 20),
    warnings: [],
  },
  {
    content: [{ type: 'text', text: '{"decision":"declined"}' }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: usage(140, 9),
    warnings: [],
  },
];
// What @opentelemetry/sdk-node registers by itself.
const active = new AsyncLocalStorage();
context.setGlobalContextManager({
  active: () => active.getStore() ?? ROOT_CONTEXT,
  with: (at, work, thisArg, ...args) => active.run(at, () => work.call(thisArg, ...args)),
  bind: (at, target) => target,
  enable: () => {},
  disable: () => {},
});
const exporter = new OTLPTraceExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
await generateText({
  model: new MockLanguageModelV3({ modelId: 'mock-1', doGenerate: async () => answers.shift() }),
  prompt: 'Assess loan 7.',
  tools: {
    debtRatio: tool({
      inputSchema: z.object({ id: z.number() }),
      execute: async () => ({ ratio: 0.52 }),
    }),
  },
  stopWhen: stepCountIs(3),
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'js-ai-sdk',
    tracer: provider.getTracer('ai'),
  },
});
await provider.shutdown();
