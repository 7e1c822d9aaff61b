import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorBody, IngestResult, SavedView, Snapshot } from '@xray/core';
import { APP, DRIVERS, freshServer } from './support/databases.js';
import { detail, list, post } from './support/http.js';
import { WITH_ADMINISTRATOR, administratorOf, type Visitor } from './support/people.js';
import { snapshot } from './support/snapshots.js';

const STATUSES = ['running', 'completed', 'failed'] as const;
const REVISIONS = [1, 5, 99];
const FORMS = ['one', 'array', 'ndjson'] as const;
type Form = (typeof FORMS)[number];

/** Sends in one of the three forms, and returns the result of each snapshot. */
async function send(url: string, key: string, form: Form, made: Snapshot[]): Promise<unknown[]> {
  const [first] = made;
  const isNdjson = form === 'ndjson';
  const body = isNdjson ? made.map((each) => JSON.stringify(each)).join('\n') : made;
  const response = await post(url, form === 'one' ? first : body, {
    'x-api-key': key,
    ...(isNdjson && { 'content-type': 'application/x-ndjson' }),
  });
  const answer = (await response.json()) as IngestResult & ErrorBody;
  if (form === 'one') return [answer.error?.code ?? 'taken'];
  const rejected = new Map(answer.rejected.map(({ index, code }) => [index, code]));
  return made.map((_, index) => rejected.get(index) ?? 'taken');
}

/**
 * The stored state before a limited key writes: every status and revision of another environment.
 */
const THERE = STATUSES.flatMap((status) => REVISIONS.map((revision) => ({ status, revision })));

describe.each(DRIVERS)('a key for one environment, on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  let wide: string;
  let staging: string;
  beforeAll(async () => {
    server = await freshServer(driver, WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    wide = (await ada.newKey(APP)).key;
    staging = (await ada.newKey(APP, { environments: ['staging'] })).key;
  });
  afterAll(() => server.close());

  test.each(FORMS)('changes nothing of another environment, sent as %s', async (form) => {
    const tries = THERE.flatMap((there) =>
      THERE.map((sent) => ({ there, sent, executionId: crypto.randomUUID() })),
    );
    const stored = tries.map(({ there, executionId }) =>
      snapshot({ ...there, executionId, environment: 'production', instanceId: 'i-1' }),
    );
    expect(new Set(await send(server.url, wide, 'array', stored))).toEqual(new Set(['taken']));
    const before = await Promise.all(
      stored.map((execution) => detail(server.url, execution.executionId)),
    );
    const attempts = tries.map(({ sent, executionId }) =>
      snapshot({ ...sent, executionId, environment: 'staging', instanceId: 'i-2', steps: [] }),
    );
    const groups = form === 'one' ? attempts.map((attempt) => [attempt]) : [attempts];
    for (const group of groups) {
      const results = await send(server.url, staging, form, group);
      expect(new Set(results)).toEqual(new Set(['app_mismatch']));
    }
    const after = await Promise.all(
      stored.map((execution) => detail(server.url, execution.executionId)),
    );
    expect(after).toEqual(before);
  });

  test('gets a single refusal that names the environment', async () => {
    const executionId = crypto.randomUUID();
    await send(server.url, wide, 'one', [snapshot({ executionId, environment: 'production' })]);
    const response = await post(
      server.url,
      snapshot({ executionId, environment: 'staging', revision: 2 }),
      { 'x-api-key': staging },
    );
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'app_mismatch',
        details: [{ path: 'environment', code: 'environment_mismatch' }],
      },
    });
  });

  test('still changes its own, next to refusals in the same batch', async () => {
    const [mine, theirs] = [crypto.randomUUID(), crypto.randomUUID()];
    const ownExecution = snapshot({ executionId: mine, environment: 'staging', status: 'running' });
    await send(server.url, staging, 'one', [ownExecution]);
    await send(server.url, wide, 'one', [snapshot({ executionId: theirs, environment: 'prod' })]);
    const results = await send(server.url, staging, 'array', [
      { ...ownExecution, status: 'completed', revision: 2 },
      snapshot({ executionId: theirs, environment: 'staging', revision: 2 }),
      snapshot({ executionId: theirs, environment: 'staging', revision: 3 }),
      snapshot({ environment: 'staging' }),
    ]);
    expect(results).toEqual(['taken', 'app_mismatch', 'app_mismatch', 'taken']);
    expect((await detail(server.url, mine)).snapshot.status).toBe('completed');
    expect((await detail(server.url, theirs)).snapshot.environment).toBe('prod');
  });

  test('cannot reserve an id before its owner sends it, whatever its revision', async () => {
    const executionId = crypto.randomUUID();
    const squatting = snapshot({
      executionId,
      environment: 'staging',
      revision: 99,
      instanceId: 'i-2',
    });
    expect(await send(server.url, staging, 'one', [squatting])).toEqual(['taken']);
    const genuine = snapshot({
      executionId,
      environment: 'production',
      status: 'running',
      instanceId: 'i-1',
    });
    expect(await send(server.url, wide, 'one', [genuine])).toEqual(['taken']);
    expect(await send(server.url, staging, 'one', [squatting])).toEqual(['app_mismatch']);
    const stored = await detail(server.url, executionId);
    expect(stored.snapshot).toEqual(genuine);
    expect(stored.server.conflict).toBe(false);
  });

  test('loses if the owner sends the same id at the same time', async () => {
    const pairs = Array.from({ length: 40 }, (_, index) => {
      const executionId = crypto.randomUUID();
      const theirs = snapshot({ executionId, environment: 'production', pipeline: 'racing' });
      const mine = snapshot({ executionId, environment: 'staging', revision: 99 });
      return { theirs, mine, isMineFirst: index % 2 === 0 };
    });
    await Promise.all(
      pairs.flatMap(({ theirs, mine, isMineFirst }) => {
        const both = [
          () => send(server.url, wide, 'one', [theirs]),
          () => send(server.url, staging, 'one', [mine]),
        ];
        return (isMineFirst ? both.toReversed() : both).map((sendIt) => sendIt());
      }),
    );
    for (const { theirs } of pairs) {
      expect((await detail(server.url, theirs.executionId)).snapshot).toEqual(theirs);
    }
    const { items } = await list(server.url, '?q=pipeline:racing&limit=200');
    expect(new Set(items.map(({ environment }) => environment))).toEqual(new Set(['production']));
    expect(items).toHaveLength(pairs.length);
  });
});

describe('a person changes nothing beyond their role, whatever exists', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  let vera: Visitor;
  let ed: Visitor;
  const views = `/api/apps/${APP}/views`;
  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    await ada.ask('POST', '/api/apps', { id: 'rival' });
    vera = await ada.bring(APP, 'viewer', 'vera@example.org');
    ed = await ada.bring(APP, 'editor', 'ed@example.org');
  });
  afterAll(() => server.close());

  test('a viewer, with views that others own or share', async () => {
    const save = (who: Visitor, isShared: boolean) =>
      who.ask<SavedView>('POST', views, { name: 'declined', params: { q: 'a' }, isShared });
    const shared = await save(ed, true);
    const privateOne = await save(ed, false);
    const before = await ed.ask('GET', views);
    for (const { id } of [shared, privateOne]) {
      const answers = [
        await vera.send('PATCH', `${views}/${id}`, { name: 'mine' }),
        await vera.send('DELETE', `${views}/${id}`),
        await ada.send('DELETE', `/api/apps/rival/views/${id}`),
      ];
      const refusal = id === shared.id ? 403 : 404;
      expect(answers.map(({ status }) => status)).toEqual([refusal, refusal, 404]);
    }
    const same = { name: 'declined', params: { q: 'b' }, isShared: true };
    expect((await vera.send('POST', views, same)).status).toBe(403);
    await save(vera, false);
    expect(await ed.ask('GET', views)).toEqual(before);
  });

  test('an owner of one app, with data of another app under the same id', async () => {
    const olga = await ada.bring(APP, 'owner', 'olga@example.org');
    const rival = await ada.newKey('rival');
    const made = snapshot({ appId: 'rival', executionId: 'shared-id' });
    expect((await post(server.url, made, { 'x-api-key': rival.key })).status).toBe(202);
    const answers = [
      await olga.send('DELETE', `/api/apps/${APP}/executions/shared-id`),
      await olga.send('DELETE', '/api/apps/rival/executions/shared-id'),
      await olga.send('DELETE', `/api/apps/${APP}/keys/${rival.apiKey.id}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await ada.ask('GET', '/api/apps/rival/executions/shared-id')).toMatchObject({
      snapshot: made,
    });
    expect((await post(server.url, made, { 'x-api-key': rival.key })).status).toBe(202);
  });
});
