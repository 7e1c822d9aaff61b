import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  comparisonSchema,
  replayReference,
  replayResultPageSchema,
  replayRunListSchema,
  replayRunSchema,
  type AuditPage,
  type Comparison,
  type ErrorBody,
  type ExecutionPage,
  type ReplayResultPage,
  type ReplayRun,
  type ReplayRunList,
  type Snapshot,
} from '@xray/core';
import { driverInCi, freshServer, openStore } from './support/databases.js';
import { administratorOf, Visitor, WITH_ADMINISTRATOR } from './support/people.js';
import { flip, REPORT } from './support/replays.js';
import { snapshot } from './support/snapshots.js';

const APP = 'shop';
function loan(executionId: string, subject: string, threshold = 620): Snapshot {
  const isGood = 641 >= threshold;
  return snapshot({
    executionId,
    appId: APP,
    pipeline: 'loan',
    subjects: [{ type: 'applicant', id: subject }],
    decision: { outcome: isGood ? 'approved' : 'declined', adverse: !isGood },
    steps: [
      {
        name: 'rules',
        rules: [
          { id: 'min_score', op: '>=', actual: 641, threshold, result: isGood ? 'pass' : 'fail' },
        ],
      },
    ],
  });
}

describe.each(driverInCi('pglite'))('replay runs on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  let runner: (method: string, path: string, body?: unknown, type?: string) => Promise<unknown>;
  const subjects = ['8123', '8124', '8125', '8126'];
  const api = `/api/apps/${APP}`;
  beforeAll(async () => {
    server = await freshServer(driver, WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    await ada.ask('POST', '/api/apps', { id: APP });
    const { key } = await ada.newKey(APP, { scopes: ['replay'] });
    const sender = await ada.newKey(APP, { scopes: ['ingest'] });
    const visitor = new Visitor(server.url);
    runner = async (method, path, body, type = 'application/json') => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const answer = await visitor.send(method, path, body === undefined ? undefined : text, {
        'x-api-key': key,
        ...(body !== undefined && { 'content-type': type }),
      });
      return answer.body;
    };
    await visitor.send(
      'POST',
      '/executions',
      subjects.map((id) => loan(`loan-${id}`, id)),
      { 'x-api-key': sender.key },
    );
  });
  afterAll(() => server.close());

  const start = async (name = 'a branch'): Promise<ReplayRun> =>
    replayRunSchema.parse(
      await runner('POST', `${api}/replays`, { name, pipelines: ['loan'], q: 'pipeline:loan' }),
    );
  const send = async (run: string, ids: string[]): Promise<unknown> =>
    await runner(
      'POST',
      `${api}/replays/${run}/results`,
      ids
        .map(
          (id) =>
            `${JSON.stringify({ result: flip(`loan-${id}`), snapshot: loan(`loan-${id}`, id, 660) })}\n`,
        )
        .join(''),
      'application/x-ndjson',
    );
  const results = async (run: string, query = ''): Promise<ReplayResultPage> =>
    replayResultPageSchema.parse(await ada.ask('GET', `${api}/replays/${run}/results${query}`));
  const idsOf = ({ items }: ReplayResultPage): string[] =>
    items.map(({ executionId }) => executionId);

  test('keep results once, and the first report', async () => {
    const { id, report, finishedAt } = await start();
    expect([report, finishedAt]).toEqual([null, null]);
    expect(await send(id, ['8123', '8124'])).toEqual({ stored: 2, duplicates: 0, erased: 0 });
    expect(await send(id, ['8124', '8125'])).toEqual({ stored: 1, duplicates: 1, erased: 0 });
    const finished = replayRunSchema.parse(
      await runner('POST', `${api}/replays/${id}/finish`, REPORT),
    );
    expect(finished).toMatchObject({ id, stored: 3, report: REPORT });
    const again = await runner('POST', `${api}/replays/${id}/finish`, { ...REPORT, exitCode: 0 });
    expect(again).toEqual(finished);
    expect(await ada.ask('GET', `${api}/replays/${id}`)).toEqual(finished);
  });

  test('page through runs and results', async () => {
    const { id } = await start('newest');
    await send(id, ['8123', '8124', '8125']);
    const list = await ada.ask<ReplayRunList>('GET', `${api}/replays?limit=1&pipeline=loan`);
    expect(replayRunListSchema.parse(list).items.map(({ name }) => name)).toEqual(['newest']);
    const next = await ada.ask<ReplayRunList>(
      'GET',
      `${api}/replays?limit=1&cursor=${String(list.nextCursor)}`,
    );
    expect(next.items).toHaveLength(1);
    expect(next.items[0]?.id).not.toBe(id);
    const first = await results(
      id,
      '?limit=2&verdict=flipped&was=approved&is=declined&cause=min_score',
    );
    expect(idsOf(first)).toEqual(['loan-8123', 'loan-8124']);
    expect(first.items[0]).toEqual({ ...flip('loan-8123'), replayed: true });
    expect(idsOf(await results(id, `?cursor=${String(first.nextCursor)}`))).toEqual(['loan-8125']);
    expect(idsOf(await results(id, '?is='))).toEqual([]);
    expect(idsOf(await results(id, '?verdict=moved'))).toEqual([]);
  });

  test('give one side of a comparison', async () => {
    const { id } = await start();
    await send(id, ['8123']);
    const b = replayReference(id, 'loan-8123');
    const comparison = comparisonSchema.parse(
      await ada.ask<Comparison>('GET', `${api}/compare?a=loan-8123&b=${encodeURIComponent(b)}`),
    );
    expect(comparison.partsAt?.rules).toMatchObject([{ rule: 'min_score', kind: 'changed' }]);
    const none = await ada.send(
      'GET',
      `${api}/compare?a=loan-8123&b=${encodeURIComponent(`${b}0`)}`,
    );
    expect(none.status).toBe(404);
  });

  test('are in no list of the app', async () => {
    const { items } = await ada.ask<ExecutionPage>('GET', `${api}/executions`);
    expect(items.map(({ executionId }) => executionId).toSorted()).toEqual(
      subjects.map((id) => `loan-${id}`),
    );
  });

  test.each([
    ['not json\n', 'Line 1: this is not JSON'],
    [`${JSON.stringify({ result: flip('a') })}\n{"result":{}}\n`, 'Line 2: result.executionId'],
  ])('refuse a wrong line and name it: %s', async (body, message) => {
    const { id } = await start();
    const path = `${api}/replays/${id}/results`;
    const answer = (await runner('POST', path, body, 'application/x-ndjson')) as ErrorBody;
    expect(answer.error.message).toContain(message);
    expect(idsOf(await results(id))).toEqual([]);
  });

  test('are erased with an execution, and with a person', async () => {
    const { id } = await start();
    await send(id, subjects);
    await ada.ask('DELETE', `${api}/executions/loan-8126`, { reason: 'asked' });
    expect(idsOf(await results(id))).toEqual(['loan-8123', 'loan-8124', 'loan-8125']);
    expect(await send(id, ['8126'])).toEqual({ stored: 0, duplicates: 0, erased: 1 });
    await ada.ask('POST', `${api}/prune`, {
      what: { kind: 'subject', type: 'applicant', id: '8125' },
      reason: 'asked',
    });
    expect(idsOf(await results(id))).toEqual(['loan-8123', 'loan-8124']);
    const gone = await ada.send(
      'GET',
      `${api}/compare?a=loan-8123&b=${encodeURIComponent(replayReference(id, 'loan-8125'))}`,
    );
    expect(gone.status).toBe(404);
  });

  test('end after their days', async () => {
    const { id } = await start();
    await send(id, ['8123']);
    const { items } = await ada.ask<AuditPage>('GET', `${api}/audit`);
    const actions = items.filter(({ target }) => target === id).map(({ action }) => action);
    expect(actions).toEqual(['replay.results']);
    await server.stop();
    const store = await openStore(server.place);
    expect(await store.replays.deleteBefore(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.replays.find(APP, id)).toBeDefined();
    expect(await store.replays.deleteBefore(new Date(Date.now() + 60_000))).toBeGreaterThan(0);
    expect(await store.replays.find(APP, id)).toBeUndefined();
    await store.close();
  });
});
