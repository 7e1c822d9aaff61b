import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isConflict, mergeStates, parseQuery, type QueryNode, type Snapshot } from '@xray/core';
import type { ExecutionRecord } from '#server/store/execution-record.js';
import { sweep } from '#server/clickhouse/sweep.js';
import { recordOf } from '../support/snapshots.js';
import { rowsOf, startEngine, whyNoEngine, type Engine } from './support/engine.js';

const SEEDS = process.env.XRAY_TEST_FULL === '1' ? 200 : 1;
const RECEIVED = Date.parse('2026-11-20T12:00:00Z');

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.query;
}

/** Few values, so that flushes of an execution often contradict each other. */
const anyFlush = fc.record({
  execution: fc.integer({ min: 0, max: 19 }),
  revision: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom('running', 'completed', 'failed'),
  instanceId: fc.constantFrom('a', 'b', undefined),
  pipeline: fc.constantFrom('loan', 'offer'),
  hour: fc.constantFrom(0, 1),
  week: fc.constantFrom(0, 1),
});
const anyHistory = fc.record({
  flushes: fc.array(anyFlush, { minLength: 40, maxLength: 80 }),
  sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 3, maxLength: 8 }),
  /** Two servers look before either of them writes. */
  atOnce: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  repeated: fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 10 }),
});

describe.skipIf(whyNoEngine !== undefined)('the merge rule on ClickHouse', () => {
  let engine: Engine;
  let store: Awaited<ReturnType<Engine['freshStore']>>;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'flushes in any order and batches end as core says, seed %i',
    async (seed) => {
      // Making tables takes longer than ten histories.
      if (seed % 10 === 0) store = await engine.freshStore();
      const app = `app-${seed}`;
      const [history] = fc.sample(anyHistory, { numRuns: 1, seed });
      if (history === undefined) throw new Error('no history');
      const flushes = history.flushes.map((flush, index): ExecutionRecord => {
        const made = {
          executionId: `e${flush.execution}`,
          appId: app,
          pipeline: flush.pipeline,
          revision: flush.revision,
          status: flush.status,
          instanceId: flush.instanceId,
          startedAt: new Date(RECEIVED - (flush.hour + 1) * 3_600_000).toISOString(),
          steps: [],
        } as Snapshot;
        return recordOf(made, new Date(RECEIVED - flush.week * 7 * 86_400_000 + index));
      });
      const sent = [...flushes, ...history.repeated.flatMap((place) => flushes[place] ?? [])];
      const batches: ExecutionRecord[][] = [];
      for (let from = 0, turn = 0; from < sent.length; turn++) {
        const size = history.sizes[turn % history.sizes.length] ?? 1;
        batches.push(sent.slice(from, from + size));
        from += size;
      }
      let answers = 0;
      for (let turn = 0; turn < batches.length; turn++) {
        const together = [batches[turn] ?? []];
        const next = batches[turn + 1];
        if (history.atOnce[turn % 8] && next !== undefined) {
          together.push(next);
          turn += 1;
        }
        const outcomes = await Promise.all(together.map((batch) => store.saveExecutions(batch)));
        answers += outcomes.flat().length;
        if (turn % 3 === 0) await store.db.run('OPTIMIZE TABLE executions FINAL');
      }
      expect(answers).toBe(sent.length);
      await sweep(store.db);
      expect(await sweep(store.db)).toBe(0);

      const expected = new Map<string, { state: ExecutionRecord['merge']; bodies: Set<string> }>();
      for (const { executionId, merge, body } of flushes) {
        const before = expected.get(executionId);
        const state = before === undefined ? merge : mergeStates(before.state, merge);
        const isNewWinner = state.winner.bodyHash === merge.winner.bodyHash;
        const bodies =
          before !== undefined && before.state.winner.bodyHash === state.winner.bodyHash
            ? before.bodies
            : new Set<string>();
        if (isNewWinner) bodies.add(body);
        expected.set(executionId, { state, bodies });
      }
      const list = async (text: string): Promise<string[]> => {
        const { items } = await store.listExecutions({
          app,
          filter: queryOf(text),
          nowMs: RECEIVED,
          from: undefined,
          to: undefined,
          sort: '-at',
          after: undefined,
          limit: 100,
        });
        return items.map(({ executionId }) => executionId).sort();
      };
      const named = (wanted: (state: ExecutionRecord['merge']) => boolean): string[] =>
        [...expected]
          .filter(([, { state }]) => wanted(state))
          .map(([id]) => id)
          .sort();
      expect(await list('')).toEqual(named(() => true));
      expect(await list('conflict:true')).toEqual(named(isConflict));
      expect(await list('conflict:false')).toEqual(named((state) => !isConflict(state)));
      const [counted] = await rowsOf<{ n: number; conflicts: number }>(
        store.db,
        `SELECT count() AS n, countIf(bitAnd(version, 1) = 1) AS conflicts FROM executions FINAL
        WHERE app = '${app}'`,
      );
      expect(counted).toEqual({ n: expected.size, conflicts: named(isConflict).length });
      for (const [id, { bodies, state }] of expected) {
        const stored = await store.readExecution(app, id);
        expect(bodies).toContain(stored?.body);
        expect(stored?.conflict).toBe(isConflict(state));
      }
    },
  );
});
