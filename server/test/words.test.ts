import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  compileText,
  matchesQuery,
  parseQuery,
  searchSnapshot,
  type AuditPage,
  type ExecutionDetail,
  type ExecutionPage,
  type Facets,
  type FoundExecution,
  type Histogram,
  type QueryNode,
  type Snapshot,
} from '@xray/core';
import { readFilter } from '#server/query/filter.js';
import { conditionOfCounted } from '#server/postgres/executions/narrow.js';
import { exportLines } from '#server/upkeep/export.js';
import {
  APP,
  DRIVERS,
  engineOf,
  freshAppStore,
  freshServer,
  scopeOf,
} from './support/databases.js';
import { fetchWithKey, get, list, postOk } from './support/http.js';
import { Reader } from './support/live-reader.js';
import { WITH_ADMINISTRATOR, administratorOf } from './support/people.js';
import { NOW, anyQueryText, factsOf, sampleSnapshots } from './support/queries.js';
import { recordOf, snapshot } from './support/snapshots.js';

const API = `/api/apps/${APP}`;
const HOUR_MS = 3_600_000;
const IS_FULL = process.env.XRAY_TEST_FULL === '1';

/** The recorded words. There are few, so that a searched word is often found. */
const WORDS = [
  'income',
  'too',
  'low',
  'Okapi',
  'okra',
  'a-17',
  'ada@example.org',
  '信用',
  '42',
  '🦓',
];
const anyWordTerm = fc.oneof(
  fc.constantFrom(
    ...WORDS,
    'ok*',
    'nowhere',
    '"income too"',
    '"too low"',
    '"信用 42"',
    'example.org',
  ),
  fc.constantFrom('candidate:B07X', 'candidate:c-9', 'B07X', 'loan'),
);

/** Texts of queries that search, with words and fields in every combination. */
const anySearch: fc.Arbitrary<string> = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { arbitrary: anyWordTerm, weight: 2 },
    fc.tuple(anyWordTerm, anyQueryText).map(([word, rest]) => `${word} (${rest})`),
    tie('text').map((text) => `-(${text})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a}) (${b})`),
    fc.tuple(tie('text'), fc.oneof(tie('text'), anyQueryText)).map(([a, b]) => `(${a}) OR (${b})`),
  ),
})).text;

const RANK: Snapshot['steps'][number] = {
  name: 'rank',
  candidates: {
    in: 2,
    out: 1,
    byOutcome: { selected: 1, rejected: 1 },
    items: [{ id: 'c-9', outcome: 'selected' }],
    ledger: { ids: ['B07X', 'c-9'], outcomes: 'rs', reasons: ['R'], reasonIx: [0, -1] },
  },
};

/** Snapshots of the last days. Their ages do not cross a whole hour while the tests run. */
function wordySnapshots(count: number, now: number): Snapshot[] {
  const texts = fc.sample(fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }), {
    numRuns: count,
    seed: 7,
  });
  return sampleSnapshots(count).map((sample, index) => ({
    ...sample,
    startedAt: new Date(now - ageOf(sample)).toISOString(),
    input: { said: (texts[index] ?? []).join(' ') },
    steps: index % 5 === 0 ? [...sample.steps, RANK] : sample.steps,
  }));
}

function ageOf({ startedAt }: Snapshot): number {
  const ageMs = startedAt ? NOW - Date.parse(startedAt) : 0;
  return Math.floor(ageMs / (HOUR_MS / 6)) * (HOUR_MS / 6) + HOUR_MS / 12;
}

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

/**
 * The ids according to the pure meaning of the language, in the order of the list if times differ.
 */
function idsByMeaning(snapshots: Snapshot[], q: string, now: number): string[] {
  const query = queryOf(q);
  return snapshots
    .filter((sent) =>
      matchesQuery(query, factsOf(sent, now), {
        now,
        hasText: (text, quoted) => {
          const compiled = compileText(text, quoted);
          return compiled !== null && searchSnapshot(sent, [compiled]).found[0] === true;
        },
        hasCandidate: (id) =>
          sent.steps.some(
            ({ candidates }) =>
              candidates?.items.some((item) => item.id === id) === true ||
              candidates?.ledger?.ids.includes(id) === true,
          ),
      }),
    )
    .map(({ executionId }) => executionId)
    .toSorted();
}

async function listed(url: string, q: string, limit = 60): Promise<FoundExecution[]> {
  const items: FoundExecution[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ q, limit: String(limit), ...(cursor && { cursor }) });
    const page: ExecutionPage = await list(url, `?${query}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

async function exported(url: string, params: Record<string, string>): Promise<Snapshot[]> {
  const response = await fetchWithKey(`${url}${API}/export?${new URLSearchParams(params)}`);
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as ExecutionDetail).snapshot);
}

/** Asks again while the count is incomplete, as on a busy machine. */
async function wholeCount<Counts extends Facets | Histogram>(url: string): Promise<Counts> {
  for (;;) {
    const counts = await get<Counts>(url);
    if (counts.counted === null) return counts;
  }
}

const idsOf = (executions: { executionId: string }[]): string[] =>
  executions.map(({ executionId }) => executionId);

function countBy(values: (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe.each(DRIVERS)('words in a filter on %s', (driver) => {
  const now = Date.now();
  const snapshots = wordySnapshots(200, now);
  const range = {
    from: new Date(now - 10 * 24 * HOUR_MS).toISOString(),
    to: new Date(now + HOUR_MS).toISOString(),
  };
  const followed = fc.sample(anySearch, 12);
  const received: string[][] = [];
  let server: Awaited<ReturnType<typeof freshServer>>;

  beforeAll(async () => {
    server = await freshServer(driver);
    // Every reader waits for this last one.
    const last = snapshot({ input: 'lastofall', startedAt: '2001-01-01T00:00:00Z' });
    const readers = await Promise.all(
      followed.map((q) => Reader.open(server.url, { q: `(${q}) OR lastofall` })),
    );
    for (let sent = 0; sent < snapshots.length; sent += 20) {
      await postOk(server.url, snapshots.slice(sent, sent + 20));
    }
    await postOk(server.url, last);
    for (const reader of readers) {
      const ids: string[] = [];
      await reader.until(({ event, data }) => {
        if (event !== 'execution') return false;
        const { executionId } = JSON.parse(data ?? '') as FoundExecution;
        if (executionId === last.executionId) return true;
        ids.push(executionId);
        return false;
      });
      received.push(ids);
      reader.leave();
    }
  }, 120_000);
  afterAll(() => server.close());

  test('a live stream sends each matching execution once', () => {
    expect(followed.map((q, index) => [q, received[index]?.toSorted()])).toEqual(
      followed.map((q) => [q, idsByMeaning(snapshots, q, now)]),
    );
  });

  test('the list, the export, the facets and the histogram agree about what matches', async () => {
    await fc.assert(
      fc.asyncProperty(anySearch, async (found) => {
        const q = `(${found}) -lastofall`;
        const items = await listed(server.url, q);
        expect(idsOf(items).toSorted()).toEqual(idsByMeaning(snapshots, found, now));
        const lines = await exported(server.url, { q, ...range });
        expect(idsOf(lines)).toEqual(idsOf(items));

        const query = new URLSearchParams({ q, ...range });
        const facets = await wholeCount<Facets>(`${server.url}${API}/facets?${query}&values=100`);
        expect(facets).toMatchObject({ total: items.length, notSearched: null });
        const values = (field: string) =>
          facets.items.find((item) => item.field === field)?.values ?? [];
        const counts = (field: string) =>
          Object.fromEntries(values(field).map(({ value, count }) => [value, count]));
        expect(counts('outcome')).toEqual(countBy(items.map(({ outcome }) => outcome)));
        expect(counts('tag')).toEqual(countBy(items.flatMap(({ tags }) => [...new Set(tags)])));

        const histogram = await wholeCount<Histogram>(`${server.url}${API}/histogram?${query}`);
        expect(histogram.total).toBe(items.length);
        const start = Date.parse(histogram.from);
        const bars = items.map(({ at }) => (Date.parse(at) - start) / histogram.bucketMs);
        const byTime = (histogram.series[0]?.counts ?? []).map((_, bar) =>
          histogram.series.reduce((sum, { counts: bars }) => sum + (bars[bar] ?? 0), 0),
        );
        expect(countBy(bars.map((bar) => String(Math.floor(bar))))).toEqual(
          Object.fromEntries(byTime.flatMap((count, bar) => (count > 0 ? [[bar, count]] : []))),
        );
      }),
      { numRuns: IS_FULL ? 40 : 12 },
    );
  });

  test('an export continues after the last line received', async () => {
    const whole = idsOf(await exported(server.url, { q: 'income OR okapi' }));
    expect(whole.length).toBeGreaterThan(20);
    for (const place of [0, 7, whole.length - 1]) {
      const rest = await exported(server.url, {
        q: 'income OR okapi',
        after: whole[place] ?? '',
      });
      expect(idsOf(rest)).toEqual(whole.slice(place + 1));
    }
  });

  test('a live stream says where words occur, and sends the latest version of a changed execution', async () => {
    const reader = await Reader.open(server.url, { q: 'quokka status:completed' });
    const running = snapshot({ status: 'running', revision: 1, input: 'a quokka' });
    const other = snapshot({ status: 'completed', input: 'a wombat' });
    await postOk(server.url, [running, other]);
    await postOk(server.url, { ...running, status: 'completed', revision: 2 });
    expect(await reader.executions(1)).toMatchObject([
      {
        executionId: running.executionId,
        revision: 2,
        stale: false,
        matches: [{ field: 'input', snippet: 'a quokka', ranges: [[2, 8]] }],
      },
    ]);
    reader.leave();
  });
});

describe.each(DRIVERS)('a search that finds thousands on %s', (driver) => {
  // The embedded database takes most of a minute for this, so it is in the full run.
  test.skipIf(driver === 'pglite' && !IS_FULL)(
    'exports everything, and counts the newest of what it finds',
    { timeout: 180_000 },
    async () => {
      const server = await freshServer(driver);
      onTestFinished(() => server.close());
      const start = Date.parse('2026-02-01T00:00:00Z');
      const all = Array.from({ length: 5_200 }, (_, index) =>
        snapshot({
          executionId: `n${index}`,
          startedAt: new Date(start + index * 1_000).toISOString(),
          steps: [{ name: 's', input: 'numbat' }],
          tags: index % 2 === 0 ? ['even'] : [],
        }),
      );
      for (let sent = 0; sent < all.length; sent += 400) {
        await postOk(server.url, all.slice(sent, sent + 400));
      }
      expect(idsOf(await exported(server.url, { q: 'numbat tag:even' }))).toEqual(
        idsOf(all.filter(({ tags }) => tags?.length === 1)).toReversed(),
      );

      const query = 'q=numbat&from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z';
      const facets = await get<Facets>(`${server.url}${API}/facets?${query}`);
      // A busy machine finds fewer in its time.
      const newest = facets.total;
      expect(newest).toBeGreaterThan(0);
      expect(newest).toBeLessThanOrEqual(5_000);
      const since = new Date(start + (all.length - newest) * 1_000).toISOString();
      expect(facets.counted).toEqual({ executions: newest, since });
      expect(facets.items.find(({ field }) => field === 'tag')?.values).toEqual([
        { value: 'even', count: Math.floor(newest / 2) },
      ]);
      const histogram = await get<Histogram>(`${server.url}${API}/histogram?${query}`);
      expect(histogram.counted?.executions).toBe(histogram.total);
      expect(histogram.total).toBeLessThanOrEqual(5_000);
      // A smaller result is counted completely, and says so.
      const few = `${server.url}${API}/facets?${query.replace('q=', 'q=id:n10*+')}`;
      expect((await wholeCount<Facets>(few)).total).toBe(111);
    },
  );

  test('counts within its time limit', async () => {
    const store = await freshAppStore(driver);
    const { search } = engineOf(store);
    const records = Array.from({ length: 700 }, (_, index) =>
      storedOf(snapshot({ input: 'numbat', startedAt: minute(index) })),
    );
    await store.saveExecutions(records);
    const scope = { app: APP, from: undefined, to: undefined };
    const count = async (q: string, limits: { executions: number; forMs: number }) =>
      (await conditionOfCounted(search, scope, readFilter({ q }), Date.now(), limits)).counted;
    expect(await count('numbat', { executions: 5_000, forMs: 60_000 })).toBeNull();
    expect(await count('numbat', { executions: 10, forMs: 60_000 })).toEqual({
      executions: 10,
      since: minute(690),
    });
    expect(await count('numbat', { executions: 5_000, forMs: -1 })).toEqual({
      executions: 200,
      since: minute(500),
    });
    // These are checked too, and do not match.
    expect(await count('-numbat', { executions: 5_000, forMs: -1 })).toEqual({
      executions: 0,
      since: minute(500),
    });
  });

  test('reads a few megabytes at a time', async () => {
    const store = await freshAppStore(driver);
    const { search } = engineOf(store);
    const large = Array.from({ length: 5 }, (_, index) =>
      storedOf(snapshot({ input: ['numbat', 'x'.repeat(3_000_000)], startedAt: minute(index) })),
    );
    await store.saveExecutions(large);
    const scope = { app: APP, from: undefined, to: undefined };
    const filter = readFilter({ q: 'numbat' });
    const count = async (forMs: number) =>
      (await conditionOfCounted(search, scope, filter, Date.now(), { executions: 5_000, forMs }))
        .counted;
    expect(await count(-1)).toEqual({ executions: 2, since: minute(3) });
    expect(await count(60_000)).toBeNull();
  });

  test('exports everything if the index is behind', async () => {
    const store = await freshAppStore(driver);
    const records = Array.from({ length: 2_300 }, (_, index) =>
      storedOf(snapshot({ input: index % 3 === 0 ? 'numbat' : 'none', startedAt: minute(index) })),
    );
    for (let saved = 0; saved < records.length; saved += 500) {
      await store.saveExecutions(records.slice(saved, saved + 500));
    }
    const question = { ...scopeOf('numbat'), sort: '-at', after: undefined } as const;
    // No job builds the index here.
    const { notSearched } = await store.listExecutions({ ...question, limit: 1 });
    expect(notSearched).toMatchObject({ executions: 300 });
    const lines: string[] = [];
    for await (const page of exportLines(store, question, Date.now)) {
      lines.push(...page.split('\n').slice(0, -1));
    }
    const expected = records
      .filter(({ body }) => body.includes('numbat'))
      .map(({ executionId }) => executionId);
    expect(lines.map((line) => (JSON.parse(line) as ExecutionDetail).snapshot.executionId)).toEqual(
      expected.toReversed(),
    );
  });
});

test('a person who follows a search is in the audit log, because the stream shows matches', async () => {
  const server = await freshServer('pglite', WITH_ADMINISTRATOR);
  onTestFinished(() => server.close());
  const ada = await administratorOf(server);
  const { key } = await ada.newKey(APP, { scopes: ['read'] });
  for (const q of ['tag:vip', 'secret']) (await Reader.open(server.url, { key, q })).leave();
  const { items } = await ada.ask<AuditPage>('GET', `${API}/audit`);
  expect(items.filter(({ action }) => action === 'payload.view')).toMatchObject([
    { details: { by: 'live search' } },
  ]);
});

function minute(index: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
}

function storedOf(sent: Snapshot) {
  return recordOf(sent, new Date('2026-02-01T00:00:00Z'));
}
