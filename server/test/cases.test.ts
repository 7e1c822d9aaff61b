import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Case, Snapshot, Suggestions } from '@xray/core';
import { APP, DRIVERS, freshServer } from './support/databases.js';
import { detail, fetchWithKey, get, postOk } from './support/http.js';
import { WITH_ADMINISTRATOR, administratorOf, type Visitor } from './support/people.js';
import { snapshot } from './support/snapshots.js';

const START = Date.UTC(2026, 10, 24, 9);

function made(executionId: string, minutes: number, changes: Partial<Snapshot> = {}): Snapshot {
  return snapshot({
    executionId,
    startedAt: new Date(START + minutes * 60_000).toISOString(),
    subjects: [{ type: 'applicant', id: 'Müller-8123', person: true }],
    ...changes,
  });
}

const RECORDS = [
  made('loan-1', 0, { decision: { outcome: 'referred' } }),
  made('review-1', 120, {
    pipeline: 'manual-review',
    decision: { outcome: 'declined', adverse: true },
    // The record of the review names no subject.
    subjects: [],
    links: [
      { executionId: 'loan-1', relation: 'review_of' },
      { executionId: 'review-1', relation: 'parent' },
    ],
  }),
  made('replay-1', 200, {
    subjects: [],
    decision: { outcome: 'approved' },
    links: [{ executionId: 'loan-1', relation: 'replay_of' }],
  }),
  made('loan-2', 300, { decision: { outcome: 'approved' } }),
  made('other', 10, { subjects: [{ type: 'applicant', id: 'mulligan' }] }),
  made('offers', 20, {
    subjects: [],
    steps: [
      {
        name: 'rank',
        candidates: {
          in: 2,
          out: 1,
          byOutcome: {},
          items: [
            { id: 'MUG-1', outcome: 'selected' },
            { id: 'cup', outcome: 'rejected' },
          ],
        },
      },
    ],
  }),
];

describe.each(DRIVERS)('a case, on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let administrator: Visitor;
  const api = (rest: string): string => `${server.url}/api/apps/${APP}/${rest}`;
  const readCase = async (id: string): Promise<Case> =>
    await get(api(`subjects/applicant/${encodeURIComponent(id)}/case`));
  const suggest = async (rest: string): Promise<string[]> =>
    (await get<Suggestions>(api(`suggest?${rest}`))).items.map(
      ({ kind, type, id }) => `${kind} ${type} ${id}`,
    );

  beforeAll(async () => {
    server = await freshServer(driver, WITH_ADMINISTRATOR);
    administrator = await administratorOf(server);
    await postOk(server.url, RECORDS);
  });
  afterAll(() => server.close());

  test('lists what is about the subject or linked to it, however old, with what ended each matter', async () => {
    const found = await readCase('Müller-8123');
    expect(found.executions).toBe(2);
    expect(
      found.items.map(({ executionId, about, matter, replacedBy }) => [
        executionId,
        about,
        matter,
        replacedBy,
      ]),
    ).toEqual([
      ['loan-1', true, 0, 'review-1'],
      ['review-1', false, 0, null],
      ['replay-1', false, 0, null],
      ['loan-2', true, 1, null],
    ]);
    expect(
      found.matters.map(({ ended }) => [ended?.executionId, ended?.by, ended?.afterMs]),
    ).toEqual([
      ['review-1', 'review', 7_200_000],
      ['loan-2', 'decision', 0],
    ]);
    expect(found).toMatchObject({ more: 0, notSearched: null });
  });

  test('has no executions for a subject that nobody recorded', async () => {
    expect(await readCase('nobody')).toMatchObject({ executions: 0, items: [], matters: [] });
  });

  test('lists the newest executions of a busy subject, and counts all of them', async () => {
    const subjects = [{ type: 'merchant', id: 'busy' }];
    const many = Array.from({ length: 203 }, (_, at) => made(`busy-${at}`, at, { subjects }));
    // The oldest one is beyond the limit, and the newest one links to it.
    const links = [{ executionId: 'busy-0', relation: 'retry_of' }];
    await postOk(server.url, [...many.slice(0, -1), { ...many.at(-1), links }]);
    const found = await get<Case>(api('subjects/merchant/busy/case'));
    expect(found).toMatchObject({ executions: 203, more: 2 });
    expect(found.items.map(({ executionId }) => executionId)).toEqual([
      'busy-0',
      ...many.slice(3).map(({ executionId }) => executionId),
    ]);
    expect(found.items.every(({ about }) => about)).toBe(true);
  });

  test('the detail of an execution names those that link to it', async () => {
    const { linkedFrom } = await detail(server.url, 'loan-1');
    expect(linkedFrom).toEqual([
      {
        executionId: 'review-1',
        relation: 'review_of',
        outcome: 'declined',
        at: '2026-11-24T11:00:00.000Z',
      },
      {
        executionId: 'replay-1',
        relation: 'replay_of',
        outcome: 'approved',
        at: '2026-11-24T12:20:00.000Z',
      },
    ]);
    expect((await detail(server.url, 'loan-2')).linkedFrom).toEqual([]);
  });

  test('suggests subjects and candidates by the beginning of their id, whatever its case and accents', async () => {
    expect((await suggest('prefix=mu')).toSorted()).toEqual([
      'candidate  MUG-1',
      'subject applicant Müller-8123',
      'subject applicant mulligan',
    ]);
    expect(await suggest('prefix=MÜL&kind=subject&limit=1')).toEqual([
      'subject applicant Müller-8123',
    ]);
    expect(await suggest('prefix=mu&kind=candidate')).toEqual(['candidate  MUG-1']);
    expect(await suggest('prefix=zz')).toEqual([]);
    expect((await fetchWithKey(api('suggest?prefix=m'))).status).toBe(400);
  });

  test('an erased subject is neither suggested nor linked', async () => {
    await postOk(server.url, [
      made('gone-1', 400, { subjects: [{ type: 'applicant', id: 'gone' }] }),
      made('stays', 390, { subjects: [{ type: 'applicant', id: 'gonzo' }] }),
      made('gone-2', 410, {
        subjects: [{ type: 'applicant', id: 'gone' }],
        links: [{ executionId: 'stays', relation: 'overrides' }],
      }),
    ]);
    expect(await suggest('prefix=gon')).toEqual([
      'subject applicant gone',
      'subject applicant gonzo',
    ]);
    expect((await detail(server.url, 'stays')).linkedFrom).toHaveLength(1);
    const what = { kind: 'subject', type: 'applicant', id: 'gone' };
    const answer = await administrator.ask('POST', `/api/apps/${APP}/prune`, { what });
    expect(answer).toMatchObject({ erased: { executions: 2 } });
    expect(await suggest('prefix=gon')).toEqual(['subject applicant gonzo']);
    expect((await detail(server.url, 'stays')).linkedFrom).toEqual([]);
  });
});
