import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseQuery, type QueryNode, type Snapshot } from '@xray/core';
import type { ExecutionStore } from '#server/store/execution-store.js';
import type { ClickHouseStore } from '#server/clickhouse/open.js';
import { APP, changed, newPlace, openStore } from '../support/databases.js';
import { NOW, sampleSnapshots } from '../support/queries.js';
import { recordOf } from '../support/snapshots.js';
import { startEngine, whyNoEngine, type Engine } from './support/engine.js';

/** Every question is asked of both engines, and the answers must be equal. */
const IS_FULL = process.env.XRAY_TEST_FULL === '1';
const RANDOM_QUESTIONS = 300;
const DAY_MS = 86_400_000;
const FROM = new Date(NOW - 5 * DAY_MS);
const TO = new Date(NOW + DAY_MS);
/** A multiple of the width before every execution. */
const ORIGIN = new Date(Math.floor(FROM.getTime() / DAY_MS) * DAY_MS);

const TERMS = IS_FULL
  ? ['', 'pipeline:loan', '-outcome:declined', 'status:failed OR tag:vip', 'steps:>1']
  : ['-outcome:declined tag:vip'];
const WORDS = [
  'score',
  '"rules 2"',
  'donn*',
  '決',
  'Тест',
  'a_b',
  '-score',
  'B07X OR tag:vi',
  'candidate:B07X',
];

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

/** Distinct times, because equal ones have no common order. */
function snapshots(): Snapshot[] {
  return sampleSnapshots(200).map((made, index) => ({
    ...made,
    startedAt: new Date(
      Date.parse(made.startedAt ?? new Date(NOW).toISOString()) + index,
    ).toISOString(),
    ...(index % 20 === 0 && { input: { note: 'Тест: quicksilver-7 наличие 決定' } }),
    ...(index % 3 === 0 && {
      steps: [
        ...made.steps,
        {
          name: 'choose',
          candidates: {
            in: 2,
            out: 1,
            byOutcome: { selected: 1, rejected: 1 },
            byReason: { PRICE: 1 },
            items: [
              { id: 'B07X', outcome: 'selected' as const, score: 0.5 },
              { id: `C${index}`, outcome: 'rejected' as const, reasons: [{ code: 'PRICE' }] },
            ],
          },
        },
      ],
    }),
  })) as Snapshot[];
}

describe.skipIf(whyNoEngine !== undefined)('ClickHouse and PGlite answer alike', () => {
  let engine: Engine;
  let click: ClickHouseStore;
  let pglite: ExecutionStore;
  let close: () => Promise<void>;
  beforeAll(async () => {
    engine = await startEngine();
    click = await engine.freshStore();
    const opened = await openPglite();
    ({ close } = opened);
    pglite = opened.store;
    const records = snapshots().map((made, index) => recordOf(made, new Date(NOW + index)));
    await Promise.all([click.saveExecutions(records), pglite.saveExecutions(records)]);
  });
  afterAll(async () => {
    await close();
    await engine.stop();
  });

  const filters = (...texts: string[]): QueryNode[] => [...TERMS, ...texts].map(queryOf);
  const bounded = (filter: QueryNode) => ({ app: APP, filter, from: FROM, to: TO, nowMs: NOW });

  const SORTS = ['-at', 'at', 'duration', '-duration', 'received', '-received'] as const;
  test.each(IS_FULL ? SORTS : SORTS.slice(1, 3))('pages of a list ordered by %s', async (sort) => {
    for (const filter of filters()) {
      // Equal durations have no common order, so all of them are compared as a set.
      const isTied = sort.endsWith('duration');
      const read = async (store: Pick<ExecutionStore, 'listExecutions'>): Promise<unknown[]> => {
        const items = [];
        let after: string | undefined;
        do {
          const page = await store.listExecutions({
            ...bounded(filter),
            sort,
            after,
            limit: 67,
          });
          items.push(...page.items);
          after = page.next;
        } while (after !== undefined);
        const byId = (a: { executionId: string }, b: { executionId: string }): number =>
          a.executionId < b.executionId ? -1 : 1;
        return isTied ? items.toSorted(byId) : items;
      };
      expect(await read(click)).toEqual(await read(pglite));
    }
  });

  test.each(IS_FULL ? WORDS : WORDS.slice(-5))('a search for %s', async (text) => {
    // Either engine may offer one more page before it knows that nothing is left.
    const all = async (store: Pick<ExecutionStore, 'listExecutions'>): Promise<unknown[]> => {
      const items: unknown[] = [];
      let after: string | undefined;
      do {
        const page = await store.listExecutions({
          ...bounded(queryOf(text)),
          sort: '-at',
          after,
          limit: 30,
        });
        items.push(...page.items);
        after = page.next;
      } while (after !== undefined && items.length < 90);
      return items.slice(0, 90);
    };
    expect(await all(click)).toEqual(await all(pglite));
  });

  test('facets, histogram, releases', async () => {
    for (const filter of filters('candidate:B07X tag:vip')) {
      const scope = bounded(filter);
      for (const ask of [
        (store: ClickHouseStore | ExecutionStore) => store.countFacets({ ...scope, values: 3 }),
        (store: ClickHouseStore | ExecutionStore) =>
          store.listReleases({ ...scope, newFromMs: NOW - 3 * DAY_MS }),
        ...(['outcome', 'status'] as const).map(
          (by) => (store: ClickHouseStore | ExecutionStore) =>
            store.countByTime({ ...scope, by, origin: ORIGIN, bucketMs: DAY_MS }),
        ),
      ]) {
        const [mine, theirs] = [await ask(click), await ask(pglite)];
        expect(inOrder<object>(mine.rows)).toEqual(inOrder<object>(theirs.rows));
        expect(mine.counted).toEqual(theirs.counted);
      }
    }
  });

  test('pipelines, and one over time', async () => {
    const range = { app: APP, from: FROM, to: TO };
    const sorted = async (store: ClickHouseStore | ExecutionStore) =>
      (await store.listPipelines(range)).map((item) => ({
        ...item,
        outcomes: inOrder(item.outcomes),
      }));
    expect(await sorted(click)).toEqual(await sorted(pglite));
    for (const filter of filters()) {
      const ask = async (store: ClickHouseStore | ExecutionStore) => {
        const answer = await store.readOverTime({
          ...bounded(filter),
          origin: ORIGIN,
          bucketMs: DAY_MS,
        });
        return { ...answer, buckets: inOrder(answer.buckets) };
      };
      expect(await ask(click)).toMatchObject(withoutTotals(await ask(pglite)));
      const flow = { ...bounded(filter), sampled: 1_000 };
      const [mine, theirs] = [await click.readFlow(flow), await pglite.readFlow(flow)];
      const compared = ({ courses, steps, ...counts }: typeof mine): object => ({
        ...counts,
        courses: inOrder(courses),
        // The engines add up in another order.
        steps: steps.map((step) => ({ ...step, place: step.place.toFixed(9) })),
      });
      expect(compared(mine)).toEqual(compared(theirs));
    }
  });

  test('the history of a candidate and of a subject, and what has an id', async () => {
    const range = { app: APP, from: FROM, to: TO, origin: ORIGIN, bucketMs: DAY_MS };
    type Store = ClickHouseStore | ExecutionStore;
    for (const ask of [
      async (store: Store, after: string | undefined) => {
        const page = { ...range, candidate: 'B07X', after, limit: 20 };
        return await store.readCandidateHistory(page);
      },
      async (store: Store, after: string | undefined) => {
        const subject = { type: 'applicant', id: 'a/1' };
        const { byOutcome, byReason, ...rest } = await store.readSubjectHistory({
          ...range,
          subject,
          after,
          limit: 20,
        });
        return { ...rest, byFate: [...inOrder(byOutcome), ...inOrder(byReason)] };
      },
    ]) {
      const read = async (store: Store): Promise<unknown[]> => {
        const pages = [];
        let after: string | undefined;
        do {
          const { next, byFate, byTime, ...page } = await ask(store, after);
          pages.push({ ...page, byFate: inOrder<object>(byFate), byTime: inOrder(byTime) });
          after = next;
        } while (after !== undefined);
        return pages;
      };
      expect(await read(click)).toEqual(await read(pglite));
    }
    for (const id of ['B07X', 'a/1', 'e7', 'nobody']) {
      const [mine, theirs] = [
        await click.countRoles(range, id),
        await pglite.countRoles(range, id),
      ];
      expect({ ...mine, subjects: inOrder(mine.subjects) }).toEqual({
        ...theirs,
        subjects: inOrder(theirs.subjects),
      });
    }
  });

  test('an export, from the place of an execution as well', async () => {
    for (const [text, sort] of [
      ['', 'at'],
      ['tag:vip', '-at'],
      ['score', '-at'],
    ] as const) {
      const read = async (
        store: ClickHouseStore | ExecutionStore,
        start: string | undefined,
      ): Promise<unknown[]> => {
        const items = [];
        let after = start;
        do {
          const page = await store.exportExecutions({ ...bounded(queryOf(text)), sort, after });
          items.push(
            ...page.items.map(({ body, bytes, status, receivedAt, conflict, merge, spans }) => ({
              body,
              bytes,
              status,
              receivedAt,
              conflict,
              merge,
              spans,
            })),
          );
          after = page.next;
        } while (after !== undefined);
        return items;
      };
      expect(await read(click, undefined)).toEqual(await read(pglite, undefined));
      const [mine, theirs] = await Promise.all([
        click.findPlace(APP, 'e60', sort),
        pglite.findPlace(APP, 'e60', sort),
      ]);
      expect(await read(click, mine)).toEqual(await read(pglite, theirs));
    }
  });

  test('a reader of changes sees each version once, and misses none', async () => {
    const store = await engine.freshStore();
    const question = { app: APP, filter: queryOf('pipeline:loan'), nowMs: NOW, limit: 3 };
    const start = await store.readChanges({ ...question, since: undefined, known: new Set() });
    const made = (index: number, revision: number): Snapshot => ({
      executionId: `live-${index}`,
      appId: APP,
      pipeline: index % 4 === 0 ? 'offer' : 'loan',
      revision,
      status: revision === 1 ? 'running' : 'completed',
      steps: [],
    });
    const seen: string[] = [];
    let cursor = start.cursor;
    let known: ReadonlySet<string> = new Set();
    for (const revision of [1, 2]) {
      await store.saveExecutions(
        Array.from({ length: 10 }, (_, index) => recordOf(made(index, revision))),
      );
      // A version that is stored twice appears once.
      await store.saveExecutions([recordOf(made(1, revision))]);
      const again = new Set<string>();
      let page = await store.readChanges({ ...question, since: cursor, known });
      for (;;) {
        seen.push(...page.items.map((item) => `${item.executionId} ${item.revision}`));
        for (const version of page.again) again.add(version);
        if (!page.hasMore) break;
        page = await store.readChanges({ ...question, since: page.cursor, known });
      }
      known = again;
      ({ cursor } = page);
    }
    const expected = [1, 2].flatMap((revision) =>
      [1, 2, 3, 5, 6, 7, 9].map((index) => `live-${index} ${revision}`),
    );
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  test.runIf(IS_FULL)('random lists', async () => {
    const sample = fc.sample(fc.constantFrom(...TERMS, ...WORDS), {
      numRuns: RANDOM_QUESTIONS,
      seed: 3,
    });
    for (const [index, text] of sample.entries()) {
      const other = sample[(index + 1) % sample.length] ?? '';
      const filter = queryOf(
        index % 2 === 0 ? `(${text || '*:x'})`.replace('*:x', 'steps:>=0') : `${other} ${text}`,
      );
      const question = { ...bounded(filter), sort: '-at' as const, after: undefined, limit: 20 };
      const [mine, theirs] = [
        await click.listExecutions(question),
        await pglite.listExecutions(question),
      ];
      expect(mine.items).toEqual(theirs.items);
    }
  });
});

async function openPglite(): Promise<{ store: ExecutionStore; close: () => Promise<void> }> {
  const place = await newPlace('pglite');
  const store = await openStore(place);
  await store.migrate();
  await changed(store, async (edits) => await edits.createApp(APP, APP));
  return {
    store,
    async close() {
      await store.close();
      await place.remove();
    },
  };
}

/** Rows whose order the contract leaves open. */
function inOrder<Row>(rows: Row[]): Row[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Postgres adds the totals by which it ordered. */
function withoutTotals<T extends { outcomes: object[]; reasons: object[] }>(answer: T): T {
  const strip = (row: object): object => {
    const { total: _, ...rest } = row as { total?: number };
    return rest;
  };
  return { ...answer, outcomes: answer.outcomes.map(strip), reasons: answer.reasons.map(strip) };
}
