import { snapshotSchema, type Snapshot } from '@xray/core';
import { describe, expect, test } from 'vitest';
import { conventionsOf, hasRoot, snapshotsOf, type Trace } from '../src/index.js';
import { recordedRequests } from './bodies.js';
import { expectedFacts, factsIn, type Fact } from './facts.js';
import { tracesOf } from './traces.js';

/** The facts of the only execution of a trace. */
function read(trace: Trace): Fact {
  const options = { appId: 'app', isTerminal: true, revision: 1 };
  const [snapshot, ...others] = snapshotsOf(trace, options);
  if (snapshot === undefined || others.length > 0) throw new Error('one execution was expected');
  expect(snapshotSchema.parse(snapshot)).toEqual(snapshot);
  return factsIn(trace.traceId, snapshot, !hasRoot(trace));
}

/** Its 2,001 spans take seconds, and `test:full` has them. */
const isLong = (name: string) =>
  name === 'hand-js/long-trace' && process.env.XRAY_TEST_FULL !== '1';

const scenarios = [...recordedRequests()].filter(([name]) => !name.startsWith('opa/'));

describe('a recorded trace says what a careful reading found', () => {
  test.each(scenarios)('%s', (name, requests) => {
    const found = tracesOf(requests).map(read);
    const expected = expectedFacts(name).map((fact) => ({ ...fact, conventions: undefined }));
    const byId = (a: Fact, b: Fact) => (a.traceId < b.traceId ? -1 : 1);
    expect(found.sort(byId)).toEqual(expected.sort(byId));
  });
});

test('only the traces that follow a convention are recognised', () => {
  const strangers = scenarios.flatMap(([name, requests]) =>
    tracesOf(requests)
      .filter((trace) => conventionsOf(trace).length === 0)
      .map(() => name),
  );
  const expected = scenarios.flatMap(([name]) =>
    expectedFacts(name).flatMap(({ conventions }) =>
      (conventions as string[]).length === 0 ? [name] : [],
    ),
  );
  expect(strangers.sort()).toEqual(expected.sort());
});

test('shuffled, doubled and split requests give the same snapshot', () => {
  for (const [name, requests] of scenarios) {
    if (isLong(name)) continue;
    const again = tracesOf([...requests, ...requests].toReversed());
    for (const trace of tracesOf(requests)) {
      const other = again.find(({ traceId }) => traceId === trace.traceId);
      const make = ({ spans, logs }: Trace): Snapshot[] =>
        snapshotsOf(
          { traceId: trace.traceId, spans: spans.toReversed(), logs },
          {
            appId: 'app',
            isTerminal: true,
            revision: 1,
          },
        );
      expect(other && make(other)).toEqual(make(trace));
    }
  }
});
