import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExecutionPage, Facets, Histogram, Snapshot } from '@xray/core';
import { APP, driverInCi, freshServer } from './support/databases.js';
import { get, list, postOk } from './support/http.js';
import { FULL_SNAPSHOT, snapshot } from './support/snapshots.js';

/** Searches, each with the record that it should find. */
const EVERYWHERE: [what: string, q: string, made: Partial<Snapshot>][] = [
  ['a word of an input', 'zebra', { input: { note: 'a striped Zebra.' } }],
  ['a word of a step’s output', 'okapi', { steps: [{ name: 's', output: ['an OKAPI'] }] }],
  ['a word of a reasoning', 'quagga', { steps: [{ name: 's', reasoning: 'like a quagga' }] }],
  [
    'a word of an error',
    'unreachable',
    { steps: [{ name: 's', error: { type: 'E', message: 'host unreachable' } }] },
  ],
  ['a value of the metadata', 'kiel', { metadata: { city: 'Kiel' } }],
  ['a key of an input', 'colour_of_hat', { input: { colour_of_hat: 1 } }],
  [
    'a key nobody knows',
    'kept_key_7',
    { unknownAtTheTop: { kept_key_7: true } } as Partial<Snapshot>,
  ],
  ['a tag', 'tagged-so', { tags: ['tagged-so'] }],
  [
    'a subject’s id',
    'applicant-99817',
    { subjects: [{ type: 'applicant', id: 'applicant-99817' }] },
  ],
  [
    'the text of a reason',
    '"much too low"',
    { decision: { outcome: 'no', reasons: [{ code: 'LOW', text: 'Much too low.' }] } },
  ],
  ['Chinese', '信用评分', { input: { text: '该客户的信用评分过低。' } }],
  ['two characters of Japanese', '低い', { input: { text: 'スコアが低いため' } }],
  ['Korean without its ending', '고객', { input: { text: '고객이 거절되었다' } }],
  ['Thai', 'เครดิต', { input: { text: 'คะแนนเครดิตต่ำ' } }],
  ['Arabic', 'منخفضة', { input: { text: 'الدرجة منخفضة جدا' } }],
  ['Cyrillic in another case', 'ОТКАЗАНО', { input: { text: 'заявка отказано' } }],
  ['Devanagari', 'अस्वीकृत', { input: { text: 'आवेदन अस्वीकृत हुआ' } }],
  ['full width letters', 'fullwidth', { input: { text: 'ＦＵＬＬＷＩＤＴＨ' } }],
  ['an emoji', '🦓', { input: { text: 'seen: 🦓!' } }],
  [
    'a UUID',
    '5b0c1c2e-9d0f-4c1e-8f8a-3d6f1f6f0001',
    { input: { ref: '5b0c1c2e-9d0f-4c1e-8f8a-3d6f1f6f0001' } },
  ],
  ['a part of a UUID', '4c1e-8f8b', { input: { ref: '5b0c1c2e-9d0f-4c1e-8f8b-3d6f1f6f0002' } }],
  [
    'an e-mail address',
    'ada.lovelace@example.org',
    { input: { mail: 'Ada.Lovelace@example.org' } },
  ],
  ['the domain of one', 'analytical.example', { input: { mail: 'charles@analytical.example' } }],
  ['a number', '48.1173', { input: { latitude: 48.1173 } }],
  ['a large number', '9007199254740991', { input: { n: 9_007_199_254_740_991 } }],
  ['the beginning of a word', 'hippopo*', { input: { animal: 'Hippopotamus' } }],
  ['a phrase', '"quick brown fox"', { input: { text: 'The quick, brown fox' } }],
  [
    'a candidate that only the ledger knows',
    'SKU/77-x',
    {
      steps: [
        {
          name: 'rank',
          candidates: {
            in: 1,
            out: 0,
            byOutcome: { rejected: 1 },
            items: [],
            ledger: { ids: ['SKU/77-x'], outcomes: 'r', reasons: ['FAR'], reasonIx: [0] },
          },
        },
      ],
    },
  ],
];

async function search(url: string, q: string, more = ''): Promise<ExecutionPage> {
  return await list(url, `?q=${encodeURIComponent(q)}${more}`);
}

async function idsOf(url: string, q: string, more = ''): Promise<string[]> {
  return (await search(url, q, more)).items.map(({ executionId }) => executionId);
}

/** Waits until all executions are in segments. */
async function indexed(url: string, q: string): Promise<void> {
  await expect.poll(async () => await idsOf(url, q)).not.toHaveLength(0);
}

describe.each(driverInCi('postgres'))('search on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer(driver);
    await postOk(
      server.url,
      Array.from({ length: 30 }, () => snapshot()),
    );
  });
  afterAll(() => server.close());

  test.each(EVERYWHERE)('finds %s immediately after it was accepted', async (_what, q, made) => {
    const sent = snapshot(made);
    await postOk(server.url, sent);
    expect(await idsOf(server.url, q)).toEqual([sent.executionId]);
    await indexed(server.url, q);
  });

  test('gives the places of the words', async () => {
    await postOk(server.url, { ...FULL_SNAPSHOT, tags: ['whereabouts'] });
    const { items } = await search(server.url, 'whereabouts "took too" 74.9');
    expect(items.map(({ matches }) => matches)).toEqual([
      [
        { step: null, field: 'tags', path: '/tags/0', snippet: 'whereabouts', ranges: [[0, 11]] },
        {
          step: { index: 1, sequence: 1, name: 'score' },
          field: 'error',
          path: '/steps/1/error/message',
          snippet: 'took too long',
          ranges: [[0, 8]],
        },
        {
          step: { index: 2, sequence: 2, name: 'rules' },
          field: 'candidates',
          path: '/steps/2/candidates/items/0/rules/0/actual',
          snippet: '74.9',
          ranges: [[0, 4]],
        },
      ],
    ]);
  });

  test('combines words with filters, and leaves out excluded ones', async () => {
    const [a, b, c] = [
      snapshot({ input: { t: 'gnu one' }, metadata: { region: 'eu' } }),
      snapshot({ input: { t: 'gnu two' }, metadata: { region: 'us' } }),
      snapshot({ input: { t: 'yak two' }, metadata: { region: 'us' } }),
    ];
    await postOk(server.url, [a, b, c]);
    const found = async (q: string) => (await idsOf(server.url, q)).sort();
    const all = (...executions: Snapshot[]) =>
      executions.map(({ executionId }) => executionId).sort();
    expect(await found('gnu')).toEqual(all(a, b));
    expect(await found('gnu metadata.region:us')).toEqual(all(b));
    expect(await found('(gnu OR yak) -one')).toEqual(all(b, c));
    expect(await found('gnu -(two metadata.region:us)')).toEqual(all(a));
    expect(await found('gnu yak')).toEqual([]);
    expect(await found('!!!')).toEqual([]);
  });

  test('counts the executions with the words', async () => {
    const range = 'from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z&q=numbat';
    const made = (count: number, status: 'failed' | 'completed') =>
      Array.from({ length: count }, () =>
        snapshot({ input: 'numbat', status, startedAt: '2026-02-01T12:00:00Z' }),
      );
    await postOk(server.url, [...made(3, 'failed'), ...made(2, 'completed')]);
    const facets = await get<Facets>(`${server.url}/api/apps/${APP}/facets?${range}`);
    expect(facets).toMatchObject({ total: 5, notSearched: null, counted: null });
    expect(facets.items.find(({ field }) => field === 'status')?.values).toEqual([
      { value: 'failed', count: 3 },
      { value: 'completed', count: 2 },
    ]);
    const histogram = await get<Histogram>(`${server.url}/api/apps/${APP}/histogram?${range}`);
    expect(histogram).toMatchObject({ total: 5, counted: null });
  });

  test('pages through the results of a common word, newest first', async () => {
    const many = Array.from({ length: 23 }, (_, i) =>
      snapshot({
        input: 'commonplace',
        startedAt: new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString(),
      }),
    );
    await postOk(server.url, many);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: ExecutionPage = await search(
        server.url,
        'commonplace',
        `&limit=5${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ executionId }) => executionId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(many.map(({ executionId }) => executionId).toReversed());
    const range = '&from=2026-01-01T00:05:00Z&to=2026-01-01T00:08:00Z';
    expect(await idsOf(server.url, 'commonplace', range)).toHaveLength(3);
  });
});
