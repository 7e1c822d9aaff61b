import { expect, test } from 'vitest';
import type { Step } from '@xray/core';
import { decodeLogs, decodeTraces, dropContent, snapshotsOf, type Trace } from '../src/index.js';
import { recordedRequests, type RecordedRequest } from './bodies.js';

function executionsOf(requests: RecordedRequest[], keepsContent: boolean) {
  const trace: Trace = { traceId: '', spans: [], logs: [] };
  for (const { path, contentType, body } of requests) {
    const decode = path.endsWith('/logs') ? decodeLogs : decodeTraces;
    const telemetry = decode(body, contentType.includes('json') ? 'json' : 'protobuf');
    if (!keepsContent) dropContent(telemetry);
    trace.spans.push(...telemetry.spans);
    trace.logs.push(...telemetry.logs);
  }
  const ids = new Set(trace.spans.map(({ traceId }) => traceId));
  return [...ids].flatMap((traceId) =>
    snapshotsOf(
      {
        traceId,
        spans: trace.spans.filter((span) => span.traceId === traceId),
        logs: trace.logs.filter((log) => log.traceId === traceId),
      },
      { appId: 'app', isTerminal: true, revision: 1 },
    ),
  );
}

/** The parts of a step that are no content. */
const facts = ({ name, kind, status, model, startedAt, durationMs }: Step) => ({
  name,
  kind,
  status,
  tokens: [model?.name, model?.inputTokens, model?.outputTokens],
  startedAt,
  durationMs,
});

const isOfDecisions = (name: string) => name === 'vercel-ai7-js/decide';

test('without content, recorded traces keep steps, models and tokens, and lose inputs and outputs', () => {
  let lost = 0;
  for (const [name, requests] of recordedRequests()) {
    if (name.startsWith('opa/') || name === 'hand-js/long-trace') continue;
    const whole = executionsOf(requests, true);
    const bare = executionsOf(requests, false);
    expect([name, bare.map(({ steps }) => steps.map(facts))]).toEqual([
      name,
      whole.map(({ steps }) => steps.map(facts)),
    ]);
    for (const { input, output, steps, marks } of bare) {
      // The answers of a decision model are the decision.
      const outputs = isOfDecisions(name) ? [] : [output, ...steps.map((step) => step.output)];
      const payloads = [input, ...steps.map((step) => step.input), ...outputs];
      expect([name, payloads.filter((value) => value !== undefined)]).toEqual([name, []]);
      if (marks?.some(({ kind }) => kind === 'redacted')) lost++;
    }
  }
  expect(lost).toBeGreaterThan(60);
});

test('without content, documents keep their ids and scores', () => {
  const requests = recordedRequests().get('openinference-llama-index-py/rag-rerank') ?? [];
  const candidates = executionsOf(requests, false).flatMap(({ steps }) =>
    steps.flatMap((step) => step.candidates?.items ?? []),
  );
  expect(candidates.length).toBeGreaterThan(3);
  expect(candidates.every(({ id, score }) => id !== '' && typeof score === 'number')).toBe(true);
  expect(JSON.stringify(candidates)).not.toContain('"content"');
});
