import { createHash } from 'node:crypto';
import { stringifyJson, type Candidate, type Snapshot } from '@xray/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTraces, otlpRequest, snapshotsOf } from '../src/index.js';
import { recordedRequests } from './bodies.js';
import { tracesOf } from './traces.js';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const options = { appId: 'app', isTerminal: true, revision: 1 };

/** The snapshot after its way out and in again. */
function readBack(snapshot: Snapshot): Snapshot | undefined {
  const text = stringifyJson(otlpRequest(snapshot, hash));
  const { spans, logs } = decodeTraces(Buffer.from(text), 'json');
  const [traceId = ''] = spans.map((span) => span.traceId);
  return snapshotsOf({ traceId, spans, logs }, options)[0];
}

const promised = ({ executionId, pipeline, decision, input, output, steps }: Snapshot) => ({
  executionId,
  pipeline,
  decision,
  input,
  output,
  steps: steps.map(
    ({ spanId: _spanId, attributes: _attributes, spanName: _name, ...step }) => step,
  ),
});

test('every recorded trace is read back equal from its export', () => {
  for (const [name, requests] of recordedRequests()) {
    if (name.startsWith('opa/') || name === 'hand-js/odd-values') continue;
    if (name === 'hand-js/long-trace' && process.env.XRAY_TEST_FULL !== '1') continue;
    for (const trace of tracesOf(requests)) {
      for (const snapshot of snapshotsOf(trace, options)) {
        const back = readBack(snapshot);
        expect({ name, back: back && promised(back) }).toEqual({ name, back: promised(snapshot) });
      }
    }
  }
});

const text = fc.string({ maxLength: 20 }).map((value) => value.replaceAll('\u0000', ''));
const value = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 0.1 }),
  fc.boolean(),
  fc.constant(null),
  fc.dictionary(text, fc.integer()),
);
const step = fc.record(
  {
    name: fc.constantFrom('rules', 'score', 'retrieve'),
    kind: fc.constantFrom('rules', 'model', 'retrieve', 'guard', 'decide', 'other'),
    status: fc.constantFrom('completed' as const, 'failed' as const, 'skipped' as const),
    input: value,
    output: value,
    rules: fc.array(
      fc.record({
        id: fc.constantFrom('a', 'b'),
        result: fc.constantFrom('pass' as const, 'fail' as const),
        actual: fc.integer(),
      }),
      { maxLength: 3 },
    ),
    candidates: fc.constant({
      in: 2,
      out: 1,
      byOutcome: { selected: 1, rejected: 1 },
      items: [
        { id: 'x', outcome: 'selected' as const, score: 0.5 },
        { id: 'y', outcome: 'rejected' as const, reasons: [{ code: 'LOW' }] },
      ] satisfies Candidate[],
    }),
  },
  { requiredKeys: ['name', 'kind', 'status'] },
);

test('an execution that the SDK recorded is read back with its outcome, steps, rules and candidates', () => {
  const snapshots = fc.record({
    executionId: fc.uuid(),
    outcome: fc.constantFrom('approved', 'declined'),
    adverse: fc.boolean(),
    steps: fc.array(step, { maxLength: 6 }),
  });
  const check = () =>
    fc.assert(
      fc.property(snapshots, ({ executionId, outcome, adverse, steps }) => {
        const startedMs = Date.parse('2026-11-30T12:00:00.000Z');
        const snapshot: Snapshot = {
          executionId,
          appId: 'app',
          pipeline: 'loan-approval',
          startedAt: '2026-11-30T12:00:00.000Z',
          durationMs: 100,
          decision: { outcome, adverse, reasons: [{ code: 'LOW', ruleId: 'a' }] },
          input: { a: 1 },
          output: 'done',
          steps: steps.map((each, sequence) => ({
            ...each,
            sequence,
            startedAt: new Date(startedMs + sequence).toISOString(),
            durationMs: 1,
          })),
        };
        expect(promised(readBack(snapshot) ?? snapshot)).toEqual(promised(snapshot));
        expect(readBack(snapshot)).toBeDefined();
      }),
    );
  expect(check).not.toThrow();
});
