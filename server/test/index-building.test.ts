import path from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseQuery, type Snapshot } from '@xray/core';
import { IndexBuilder } from '#server/postgres/search/index-builder.js';
import { readDirectoryBlock } from '#server/segments/directory.js';
import { CANDIDATES, DIRECTORY, TERMS, blockNumber } from '#server/segments/segment.js';
import { findTerm } from '#server/segments/term-blocks.js';
import { factTerm } from '#server/segments/terms.js';
import type { ErasureScope } from '#server/store/execution-store.js';
import { TaskThreads } from '#server/threads/task-threads.js';
import {
  APP,
  DRIVERS,
  administer,
  freshAppStore,
  newPlace,
  openStore,
  changed,
  engineOf,
  type Store,
} from './support/databases.js';
import { recordOf, snapshot } from './support/snapshots.js';

const DAY_MS = 86_400_000;

async function save(store: Store, snapshots: Snapshot[], receivedAt = new Date()): Promise<void> {
  await store.saveExecutions(snapshots.map((sent) => recordOf(sent, receivedAt)));
}

/** The builder and the search of an index. Nothing is built unless `build` is called. */
function indexOver(store: Store, { now = Date.now }: { now?: () => number } = {}) {
  const threads = new TaskThreads(1);
  const { search, index } = engineOf(store);
  const { signal } = new AbortController();
  const builder = new IndexBuilder({
    store: index,
    threads,
    now,
    rest: async () => {},
    signal,
  });
  onTestFinished(async () => {
    await threads.close();
  });
  const find = async (q: string, app = APP) => {
    const parsed = parseQuery(q);
    if (!parsed.ok) throw new Error(parsed.error.message);
    const page = await search.find({
      range: { app, from: -Infinity, to: Infinity },
      query: parsed.query,
      where: sql<boolean>`true`,
      before: undefined,
      limit: 200,
      now: Date.now(),
    });
    return { ids: page.items.map(({ summary }) => summary.executionId), left: page.left };
  };
  return {
    builder,
    search,
    find,
    ids: async (q: string, app = APP) => (await find(q, app)).ids,
    /** Builds until nothing is left. A transaction of another test can delay the last rows. */
    async build() {
      await vi.waitUntil(
        async () => {
          while (!(await builder.step()));
          return (await index.measureLag()).executions === 0;
        },
        { timeout: 30_000 },
      );
    },
  };
}

async function erase(store: Store, what: ErasureScope['what']): Promise<number> {
  const scope = { app: APP, environment: undefined, what };
  const isByName = what.kind === 'execution' || what.kind === 'subject';
  const named = isByName
    ? { reason: 'requested', askedBy: 'a test', receipt: undefined }
    : undefined;
  let erased = 0;
  let last;
  do {
    const batch = await store.eraseBatch(scope, last, { wait: true, named });
    erased += batch?.erased.executions ?? 0;
    last = batch?.next;
  } while (last !== undefined);
  return erased;
}

/** Everything in the segments: ids of executions, the raw blocks, and the executions with a tag. */
async function contentsOf(store: Store) {
  const { index } = engineOf(store);
  const segments = await index.listForSweep();
  const ids: number[] = [];
  let raw = '';
  let tagged = 0;
  const tag = factTerm('tag', '', 'secret-tag');
  for (const { id, head } of segments) {
    const all = { segment: id, from: 0, to: 1 << 20 };
    for (const kind of [DIRECTORY, TERMS, CANDIDATES] as const) {
      const [blocks = []] = await index.readBlockRanges(kind, [all]);
      raw += blocks.map((block) => Buffer.from(block).toString('latin1')).join('');
      if (kind === DIRECTORY)
        ids.push(...blocks.flatMap((block) => [...readDirectoryBlock(block).ids]));
    }
    const number = blockNumber(tag, head.bits.terms);
    const [[block] = []] = await index.readBlockRanges(TERMS, [
      { segment: id, from: number, to: number + 1 },
    ]);
    if (block !== undefined) tagged += findTerm(block, tag).length;
  }
  return { segments: segments.length, ids: ids.filter((id) => id !== 0).length, raw, tagged };
}

function withCandidate(id: string, changes: Partial<Snapshot> = {}): Snapshot {
  return snapshot({
    steps: [
      {
        name: 'rank',
        input: `offered ${id.replaceAll(/\W/g, ' ')}`,
        candidates: {
          in: 1,
          out: 0,
          byOutcome: { rejected: 1 },
          items: [],
          ledger: { ids: [id], outcomes: 'r', reasons: ['FAR'], reasonIx: [0] },
        },
      },
    ],
    ...changes,
  });
}

describe.each(DRIVERS)('the search index on %s', (driver) => {
  test('finds each execution once, whatever happened to its segments', async () => {
    const store = await freshAppStore(driver);
    const { build, ids, search } = indexOver(store);
    const made: Snapshot[] = [];
    for (let round = 0; round < 20; round++) {
      const roundExecutions = [0, 1, 2].map((n) =>
        withCandidate('everywhere', { input: `common round${round} only${round}x${n}` }),
      );
      made.push(...roundExecutions);
      await save(store, roundExecutions);
      // The first executions get a newer version while they are in a segment.
      if (round === 12) {
        await save(
          store,
          made.slice(0, 5).map((sent) => ({ ...sent, revision: 2, output: 'renewed' })),
        );
      }
      await build();
    }
    const { segments } = await contentsOf(store);
    expect(segments).toBeLessThan(12);
    expect(await ids('common')).toHaveLength(60);
    expect(new Set(await ids('common')).size).toBe(60);
    expect((await ids('renewed')).toSorted()).toEqual(
      made
        .slice(0, 5)
        .map((sent) => sent.executionId)
        .toSorted(),
    );
    for (const [place, execution] of made.entries()) {
      expect(await ids(`only${Math.floor(place / 3)}x${place % 3}`)).toEqual([
        execution.executionId,
      ]);
    }
    const range = { app: APP, from: -Infinity, to: Infinity };
    expect((await search.findCandidate(range, 'everywhere')).found.ids).toHaveLength(60);
    expect((await search.findCandidate(range, 'EVERYWHERE')).found.ids).toHaveLength(0);
    expect(await ids('common', 'another-app')).toEqual([]);
  });

  test('keeps no trace of an execution that was erased by name', async () => {
    const store = await freshAppStore(driver);
    const { build, ids } = indexOver(store);
    const subjects = [{ type: 'applicant', id: 'jane' }];
    const doomed = withCandidate('candidate-of-one', { tags: ['secret-tag'] });
    const ofSubject = [1, 2, 3].map((n) =>
      withCandidate(`candidate-of-jane-${n}`, { subjects, tags: ['secret-tag'] }),
    );
    const others = Array.from({ length: 30 }, (_, n) => withCandidate(`candidate-kept-${n}`));
    // One of them has two versions, and a segment contains the older one.
    await save(store, [doomed, ...others.slice(0, 10)]);
    await build();
    await save(store, [...ofSubject, ...others.slice(10)]);
    await build();
    await save(store, [
      withCandidate('candidate-of-one-later', {
        executionId: doomed.executionId,
        revision: 2,
        tags: ['secret-tag'],
      }),
    ]);
    await build();
    expect(await contentsOf(store)).toMatchObject({ ids: 35, tagged: 5 });
    expect(await erase(store, { kind: 'execution', executionId: doomed.executionId })).toBe(1);
    const between = await contentsOf(store);
    expect(between).toMatchObject({ ids: 33, tagged: 3 });
    expect(between.raw).not.toContain('candidate-of-one');
    expect(await erase(store, { kind: 'subject', type: 'applicant', id: 'jane' })).toBe(3);
    const after = await contentsOf(store);
    expect(after).toMatchObject({ ids: 30, tagged: 0 });
    expect(after.raw).not.toContain('candidate-of-jane');
    expect(await ids('offered')).toHaveLength(30);
    expect(await ids('candidate:candidate-kept-7')).toEqual([others[7]?.executionId]);
  });

  test('does not restore an execution that is erased while it is being indexed', async () => {
    const store = await freshAppStore(driver);
    const { build, ids } = indexOver(store);
    const erased = withCandidate('short-lived');
    await save(store, [erased, withCandidate('long-lived')]);
    const state = await engineOf(store).index.readIndexState();
    const unindexed = () =>
      engineOf(store).index.readUnindexed(state.position, { executions: 10, bytes: 1e6 });
    // A transaction of another test on the same Postgres can delay them for a moment.
    await expect.poll(unindexed).toHaveLength(2);
    const last = (await unindexed()).at(-1);
    await erase(store, { kind: 'execution', executionId: erased.executionId });
    const to = { xact: last?.xact ?? '', id: last?.id ?? 0 };
    expect(await engineOf(store).index.addSegments(state, to, [])).toBe(false);
    await build();
    expect((await contentsOf(store)).raw).not.toContain('short-lived');
    expect(await ids('offered')).toHaveLength(1);
  });

  test('leaves out executions that retention deleted, and forgets them within a day', async () => {
    const store = await freshAppStore(driver);
    const first = indexOver(store);
    const old = Array.from({ length: 20 }, (_, n) => withCandidate(`aged-${n}`));
    await save(store, old, new Date(Date.now() - 10 * DAY_MS));
    await save(store, [withCandidate('young')]);
    await first.build();
    const before = new Date(Date.now() - 5 * DAY_MS);
    expect(await erase(store, { kind: 'received_before', before })).toBe(20);
    expect(await first.ids('offered')).toHaveLength(1);
    const later = indexOver(store, { now: () => Date.now() + 2 * DAY_MS });
    await first.builder.resign();
    await later.build();
    const after = await contentsOf(store);
    expect(after.ids).toBe(1);
    expect(after.raw).not.toContain('aged-');
    expect(await later.ids('offered')).toHaveLength(1);
  });

  test('counts only the last versions of many executions, whatever was noted or forgotten about others', async () => {
    const store = await freshAppStore(driver);
    let ahead = 0;
    const { build, search } = indexOver(store, { now: () => Date.now() + ahead });
    const random = fc
      .sample(fc.integer({ min: 0, max: 1e6 }), { numRuns: 5_000, seed: 11 })
      .values();
    const below = (limit: number): number => (random.next().value ?? 0) % limit;
    const start = Date.now() - 20 * DAY_MS;
    const versionOf = (executionId: string, revision: number, has: boolean, at: number): Snapshot =>
      withCandidate(has ? 'popular' : 'other', {
        executionId,
        revision,
        startedAt: new Date(at).toISOString(),
      });
    const last = new Map<string, { revision: number; has: boolean; at: number }>();
    const write = async (ids: string[], has: () => boolean): Promise<void> => {
      for (const id of ids) {
        const at = start + below(10 * DAY_MS);
        last.set(id, { revision: (last.get(id)?.revision ?? 0) + 1, has: has(), at });
      }
      const versions = ids.flatMap((id) => {
        const latest = last.get(id);
        return latest === undefined ? [] : [versionOf(id, latest.revision, latest.has, latest.at)];
      });
      for (let from = 0; from < versions.length; from += 200)
        await save(store, versions.slice(from, from + 200));
    };
    const check = async (): Promise<void> => {
      for (const [from, to] of [
        [-Infinity, Infinity],
        [start + 2 * DAY_MS, start + 7 * DAY_MS],
      ] as const) {
        const { found } = await search.findCandidate({ app: APP, from, to }, 'popular');
        const rows = await engineOf(store).index.listByIds([...found.ids], sql<boolean>`true`);
        const expected = [...last].filter(([, { has, at }]) => has && at >= from && at < to);
        expect(found.ids).toHaveLength(expected.length);
        expect(rows.map(({ summary }) => summary.executionId).toSorted()).toEqual(
          expected.map(([id]) => id).toSorted(),
        );
      }
    };
    const all = Array.from({ length: 1_500 }, (_, n) => `many-${n}`);
    await write(all, () => true);
    await build();
    for (let round = 0; round < 6; round++) {
      const some = Array.from({ length: 40 }, () => `many-${below(1_500)}`);
      const sent = [...new Set(some)].filter((id) => last.has(id));
      await write(sent, () => below(4) > 0);
      await check();
      if (round % 2 === 0) await build();
      const [deletedId] = [...last.keys()].slice(below(1_000));
      if (deletedId !== undefined && round < 3) {
        await erase(store, { kind: 'execution', executionId: deletedId });
        last.delete(deletedId);
      }
      ahead += 11 * 60_000;
      await check();
    }
    expect(await engineOf(store).index.listOutdated(undefined, 1_000)).not.toEqual([]);
    ahead += 2 * DAY_MS;
    await build();
    expect(await engineOf(store).index.listOutdated(undefined, 1_000)).toEqual([]);
    await check();
  });

  test('reports what it did not search while it is far behind', async () => {
    const store = await freshAppStore(driver);
    const { build, find } = indexOver(store);
    const many = Array.from({ length: 2_100 }, () => ({ ...snapshot(), input: 'laggard' }));
    for (let from = 0; from < many.length; from += 300)
      await save(store, many.slice(from, from + 300));
    const behind = await find('laggard');
    expect(behind.left).toMatchObject({ executions: 100 });
    expect(behind.ids).toHaveLength(200);
    expect(await engineOf(store).index.measureLag()).toMatchObject({ executions: 2_100 });
    await build();
    expect((await find('laggard')).left).toBeNull();
    expect(await engineOf(store).index.measureLag()).toMatchObject({ executions: 0 });
  });

  test('is built by one of several instances', async () => {
    const store = await freshAppStore(driver);
    const builders = [1, 2, 3].map(() => indexOver(store));
    for (let round = 0; round < 5; round++) {
      await save(store, [withCandidate(`of-round-${round}`), withCandidate('of-all')]);
      await Promise.all(builders.map(({ build }) => build()));
    }
    expect((await contentsOf(store)).ids).toBe(10);
    expect(await builders[2]?.ids('candidate:of-all')).toHaveLength(5);
  });
});

test("a database restored from another cluster's dump is indexed again", async () => {
  const place = await newPlace('postgres');
  const store = await openStore(place);
  onTestFinished(async () => {
    await store.close();
    await place.remove();
  });
  await store.migrate();
  await changed(store, async (edits) => await edits.createApp(APP, APP));
  const before = indexOver(store);
  await save(store, [withCandidate('restored')]);
  await before.build();
  await before.builder.resign();
  const database = path.basename(place.env.DATABASE_URL ?? '');
  await administer(`UPDATE xray.executions SET xact = '4000000000'`, database);
  await administer(`UPDATE xray.indexing SET xact = '4000000000'`, database);
  const after = indexOver(store);
  await after.build();
  await save(store, [withCandidate('restored')]);
  await after.build();
  expect(await after.ids('candidate:restored')).toHaveLength(2);
  expect((await contentsOf(store)).ids).toBe(2);
});
