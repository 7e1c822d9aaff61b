import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CandidateHistory, Lookup, Snapshot, SubjectHistory } from '@xray/core';
import { APP, driverInCi, freshServer } from './support/databases.js';
import { get, postOk } from './support/http.js';
import { snapshot } from './support/snapshots.js';

const DAY = Date.UTC(2026, 9, 5);
const RANGE = `from=2026-10-05T00:00:00Z&to=2026-10-06T00:00:00Z`;
const CANDIDATES = 5_000;
const LETTERS = { s: 'selected', k: 'kept', r: 'rejected', d: 'deferred', e: 'error' } as const;
type Letter = keyof typeof LETTERS;
const REASONS = ['PRICE_HIGH', 'TOO_FAR', 'unité ≠'];

const nameOf = (n: number): string => `sku/${n}:größe ${n % 7}`;

/**
 * The fate of the nth candidate at a step of the ith execution, in a pattern that no sort would
 * keep.
 */
function fate(
  i: number,
  step: number,
  n: number,
): { letter: Letter; reason: number; score: number } {
  const mixed = ((n * 7_919 + i * 104_729 + step * 31) >>> 0) % 1_009;
  const letter =
    mixed < 20 ? 's' : mixed < 200 ? 'k' : mixed < 800 ? 'r' : mixed < 1_000 ? 'd' : 'e';
  const isKept = letter === 's' || letter === 'k';
  return { letter, reason: isKept ? -1 : mixed % REASONS.length, score: mixed / 8 };
}

/**
 * An execution with two steps that chose among thousands. A few candidates of the first step have
 * detail.
 */
function chosen(i: number): Snapshot {
  const numbers = Array.from({ length: CANDIDATES }, (_, n) => n).filter((n) => (n + i) % 5 !== 0);
  const stepOf = (step: number) => {
    const fates = numbers.map((n) => fate(i, step, n));
    return {
      sequence: step * 10,
      name: step === 0 ? 'filter' : 'rank',
      rules: [{ id: 'TOO_FAR', field: 'km', op: '<=', threshold: 30, unit: 'km' }],
      candidates: {
        type: 'offer',
        in: numbers.length,
        out: fates.filter(({ letter }) => letter === 's' || letter === 'k').length,
        byOutcome: {},
        cutoff: 100,
        items: numbers.slice(0, 20).map((n) => {
          const { letter, reason, score } = fate(i, step, n);
          return {
            id: nameOf(n),
            outcome: LETTERS[letter],
            score,
            rank: n,
            reasons: reason < 0 ? [] : [{ code: REASONS[reason] ?? '' }],
            rules: [{ id: 'TOO_FAR', result: 'fail' as const, actual: n }],
          };
        }),
        ledger: {
          ids: numbers.map(nameOf),
          outcomes: fates.map(({ letter }) => letter).join(''),
          reasons: REASONS,
          reasonIx: fates.map(({ reason }) => reason),
          scores: fates.map(({ score }) => score),
        },
      },
    };
  };
  return snapshot({
    executionId: `choice-${i}`,
    pipeline: `offers-${i % 2}`,
    startedAt: new Date(DAY + i * 3_600_000).toISOString(),
    decision: { outcome: 'made' },
    steps: [stepOf(0), stepOf(1)],
  });
}

/** The expected counts, computed only from the snapshots. */
function bruteForce(snapshots: Snapshot[], id: string) {
  const counts = { executions: 0, appearances: 0 };
  const byOutcome: Record<string, number> = {};
  const byReason: Record<string, number> = {};
  const byStep: Record<string, number> = {};
  const add = (to: Record<string, number>, key: string): void => {
    to[key] = (to[key] ?? 0) + 1;
  };
  for (const { pipeline, steps } of snapshots) {
    let isIn = false;
    for (const { name, candidates } of steps) {
      const ledger = candidates?.ledger;
      const place = ledger?.ids.indexOf(id) ?? -1;
      if (!ledger || place < 0) continue;
      isIn = true;
      counts.appearances++;
      add(byOutcome, LETTERS[ledger.outcomes[place] as Letter]);
      add(byStep, `${pipeline} ${name}`);
      const reason = ledger.reasons[ledger.reasonIx[place] ?? -1];
      if (reason !== undefined) add(byReason, reason);
    }
    if (isIn) counts.executions++;
  }
  return { ...counts, byOutcome, byReason, byStep };
}

function countsOf(history: CandidateHistory) {
  const { executions, appearances, byOutcome } = history;
  const byReason = Object.fromEntries(history.byReason.map(({ value, count }) => [value, count]));
  const byStep = Object.fromEntries(
    history.byStep.map(({ pipeline, step, count }) => [`${pipeline} ${step}`, count]),
  );
  return { executions, appearances, byOutcome, byReason, byStep };
}

const api = (url: string, rest: string): string => `${url}/api/apps/${APP}/${rest}`;

async function candidate(url: string, id: string, more = ''): Promise<CandidateHistory> {
  return await get(api(url, `candidates/${encodeURIComponent(id)}?${RANGE}${more}`));
}

describe.each(driverInCi('postgres'))('why and why not, on %s', (driver) => {
  const snapshots = Array.from({ length: 4 }, (_, i) => chosen(i));
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer(driver);
    await postOk(server.url, snapshots);
  });
  afterAll(() => server.close());

  test('for every candidate of large ledgers, the answer equals a count of the records', async () => {
    // Each is an HTTP request, so all of them would take minutes. segments.test.ts covers all.
    const step = process.env.XRAY_TEST_FULL === undefined ? 50 : 1;
    const wrong: string[] = [];
    for (let from = 0; from < CANDIDATES; from += 10 * step) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, k) => {
          const id = nameOf(from + k * step);
          const found = countsOf(await candidate(server.url, id, '&limit=1'));
          const counted = bruteForce(snapshots, id);
          if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(counted))) wrong.push(id);
        }),
      );
    }
    expect(wrong).toEqual([]);
  }, 600_000);

  test('each appearance has its rule, the margin to the cutoff and the nearest kept rival', async () => {
    const { items, strip } = await candidate(server.url, nameOf(8));
    const choice = items.find(
      ({ executionId, step }) => executionId === 'choice-0' && step.name === 'filter',
    );
    const { letter, reason, score } = fate(0, 0, 8);
    const ledger = snapshots[0]?.steps[0]?.candidates?.ledger;
    const kept = (ledger?.ids ?? []).flatMap((id, place) =>
      'sk'.includes(ledger?.outcomes[place] ?? '')
        ? [{ id, score: ledger?.scores?.[place] ?? 0 }]
        : [],
    );
    const nearest = kept.toSorted(
      (a, b) => Math.abs(a.score - score) - Math.abs(b.score - score),
    )[0];
    expect(choice).toMatchObject({
      pipeline: 'offers-0',
      decision: 'made',
      at: '2026-10-05T00:00:00.000Z',
      step: { sequence: 0, name: 'filter' },
      type: 'offer',
      outcome: LETTERS[letter],
      reason: REASONS[reason] ?? null,
      rule: { rule: 'TOO_FAR', field: 'km', op: '<=', actual: 8, threshold: 30, unit: 'km' },
      score,
      rank: 8,
      cutoff: 100,
      ledgerOnly: false,
    });
    expect(choice?.rival?.score).toBe(nearest?.score);
    const inStrip = strip.series.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0);
    expect(inStrip).toBe(items.length);
  });

  test('a candidate that is only in the ledger is found', async () => {
    const { items } = await candidate(server.url, nameOf(4_321));
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ ledgerOnly }) => ledgerOnly)).toBe(true);
  });

  /** The items of each page, to the last page. */
  const pagesOf = async (id: string, limit: number): Promise<string[][]> => {
    const pages: string[][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const more = `&limit=${limit}${cursor && `&cursor=${cursor}`}`;
      const page: CandidateHistory = await candidate(server.url, id, more);
      pages.push(page.items.map(({ executionId, step }) => `${executionId} ${step.name}`));
      cursor = page.nextCursor;
    }
    return pages;
  };

  test('pages end between executions, and no page repeats one', async () => {
    const pages = await pagesOf(nameOf(9), 1);
    const both = (i: number): string[] => [`choice-${i} filter`, `choice-${i} rank`];
    expect(pages).toEqual([both(3), both(2), both(0)]);
    expect(await pagesOf(nameOf(9), 20)).toEqual([pages.flat()]);
  });

  test('a page of large records has fewer items', async () => {
    const large = (hour: number): Snapshot =>
      snapshot({
        executionId: `large-${hour}`,
        startedAt: new Date(DAY + hour * 3_600_000).toISOString(),
        steps: [
          {
            name: 'filter',
            reasoning: 'x'.repeat(600_000),
            candidates: {
              in: 1,
              out: 1,
              byOutcome: {},
              items: [{ id: 'of large ones', outcome: 'kept' }],
            },
          },
        ],
      });
    for (const hour of [1, 2, 3]) await postOk(server.url, large(hour));
    expect(await pagesOf('of large ones', 20)).toEqual([
      ['large-3 filter'],
      ['large-2 filter'],
      ['large-1 filter'],
    ]);
  });

  test('an execution that was sent again counts only with its last version', async () => {
    const flush = (revision: number, outcome: 'kept' | 'rejected') =>
      snapshot({
        executionId: 'sent-again',
        revision,
        startedAt: '2026-10-05T09:00:00Z',
        steps: [
          {
            name: 'filter',
            candidates: { in: 1, out: 1, byOutcome: {}, items: [{ id: 'again', outcome }] },
          },
        ],
      });
    await postOk(server.url, flush(1, 'kept'));
    expect((await candidate(server.url, 'again')).byOutcome).toEqual({ kept: 1 });
    await postOk(server.url, flush(2, 'rejected'));
    expect((await candidate(server.url, 'again')).byOutcome).toEqual({ rejected: 1 });
  });

  test('the decisions on a subject are found, with their reasons', async () => {
    const decided = (id: string, outcome: string, hour: number): Snapshot =>
      snapshot({
        subjects: [{ type: 'applicant', id }],
        startedAt: new Date(DAY + hour * 3_600_000).toISOString(),
        decision: {
          outcome,
          adverse: outcome === 'declined',
          reasons: outcome === 'declined' ? [{ code: 'DTI', ruleId: 'max_dti' }] : [],
        },
        steps: [
          {
            name: 'rules',
            rules: [
              {
                id: 'max_dti',
                field: 'dti',
                op: '<=',
                actual: 0.6,
                threshold: 0.4,
                result: outcome === 'declined' ? 'fail' : 'pass',
                effect: 'reject',
              },
            ],
          },
        ],
      });
    const id = 'a/b:ü 1';
    const sent = [
      decided(id, 'approved', 1),
      decided(id, 'declined', 2),
      decided('other', 'declined', 3),
    ];
    await postOk(server.url, sent);
    const history = await get<SubjectHistory>(
      api(server.url, `subjects/applicant/${encodeURIComponent(id)}?${RANGE}`),
    );
    expect(history).toMatchObject({
      type: 'applicant',
      id,
      executions: 2,
      byReason: [{ value: 'DTI', count: 1 }],
      items: [
        {
          executionId: sent[1]?.executionId,
          rules: [
            { rule: 'max_dti', field: 'dti', op: '<=', actual: 0.6, threshold: 0.4, unit: null },
          ],
        },
        { executionId: sent[0]?.executionId },
      ],
    });
    expect(history.byOutcome.toSorted((a, b) => (a.value < b.value ? -1 : 1))).toEqual([
      { value: 'approved', count: 1 },
      { value: 'declined', count: 1 },
    ]);
    expect(await get<Lookup>(api(server.url, `lookup/${encodeURIComponent(id)}?${RANGE}`))).toEqual(
      {
        id,
        execution: false,
        candidate: 0,
        subjects: [{ type: 'applicant', executions: 2 }],
      },
    );
    expect(await get<Lookup>(api(server.url, `lookup/choice-1?${RANGE}`))).toEqual({
      id: 'choice-1',
      execution: true,
      candidate: 0,
      subjects: [],
    });
  });
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, list]) => [key, sorted(list)]);
}
