import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchesQuery, parseQuery, type QueryNode } from '@xray/core';
import { compileFilter } from '#server/clickhouse/compile-filter.js';
import { Params } from '#server/clickhouse/params.js';
import { EVERY_TERM, NOW, anyQueryText, factsOf, sampleSnapshots } from '../support/queries.js';
import { recordOf } from '../support/snapshots.js';
import { startEngine, whyNoEngine, type Engine } from './support/engine.js';

/** A random filter is part of a statement with others, since most of a statement's time is its own. */
const FILTERS_AT_ONCE = 25;
const RANDOM_FILTERS = process.env.XRAY_TEST_FULL === '1' ? 10_000 : 30;

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

describe.skipIf(whyNoEngine !== undefined)('a filter on ClickHouse', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());

  test('finds the same executions as matchesQuery', { timeout: 1_200_000 }, async () => {
    const { db, saveExecutions } = await engine.freshStore();
    const snapshots = sampleSnapshots(200);
    await saveExecutions(snapshots.map((each) => recordOf(each, new Date(NOW))));
    const facts = snapshots.map((each) => factsOf(each, NOW));
    const texts = [...EVERY_TERM, ...fc.sample(anyQueryText, RANDOM_FILTERS)].filter(
      (text) => parseQuery(text).ok,
    );
    const context = { now: NOW, hasCandidate: () => false, hasText: () => false };
    const wrong: string[] = [];
    for (let from = 0; from < texts.length; from += FILTERS_AT_ONCE) {
      const some = texts.slice(from, from + FILTERS_AT_ONCE);
      const params = new Params();
      const seek = (): string => 'false';
      const columns = some.map((text, place) => {
        const condition = compileFilter(queryOf(text), { params, nowMs: NOW, seek });
        return `groupArrayIf(execution_id, ${condition}) AS f${place}`;
      });
      const [row = {}] = await db.readAll<Record<string, string[]>>(
        `SELECT ${columns.join(', ')} FROM executions`,
        params,
      );
      for (const [place, text] of some.entries()) {
        const found = (row[`f${place}`] ?? []).toSorted().join(' ');
        const meant = facts
          .filter((fact) => matchesQuery(queryOf(text), fact, context))
          .map(({ executionId }) => executionId)
          .toSorted()
          .join(' ');
        if (found !== meant) wrong.push(`${text}: ${found} instead of ${meant}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
