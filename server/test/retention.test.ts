import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  isHeld,
  previewRetention,
  ruleFor,
  type ErasureReceiptList,
  type ErrorBody,
  type PruneResult,
  type Retention,
  type RetentionPreview,
  type RetentionRule,
  type Snapshot,
} from '@xray/core';
import { startServer } from '#server/main.js';
import { ErasureMetrics } from '#server/upkeep/metrics.js';
import { prune } from '#server/upkeep/prune.js';
import { startRetentionJob } from '#server/upkeep/retention-job.js';
import {
  API_KEY,
  APP,
  driverInCi,
  freshServer,
  freshStore,
  configFor,
  newPlace,
  openStore,
  scopeOf,
  type DriverName,
  type Place,
  type Store,
} from './support/databases.js';
import { list, postOk } from './support/http.js';
import {
  ADMINISTRATOR,
  WITH_ADMINISTRATOR,
  administratorOf,
  overConsole,
  type Visitor,
} from './support/people.js';
import { callCli } from './support/process.js';
import { recordOf, snapshot } from './support/snapshots.js';
import { executionsByTable } from './support/tables.js';

// The test runs many commands, each of which opens its database.
vi.setConfig({ testTimeout: 180_000 });

const DAY_MS = 24 * 60 * 60_000;
const EXECUTIONS_A_SAVE = 250;

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * DAY_MS);
}

/** A place with an app and executions that were received at the given times. */
async function placeWith(
  driver: DriverName,
  executions: { receivedAt: Date; changes?: Partial<Snapshot> }[],
): Promise<Place> {
  const place = await newPlace(driver);
  onTestFinished(() => place.remove());
  await startServer(configFor(place)).then((server) => server.stop());
  const store = await openStore(place);
  await receive(store, executions);
  await store.close();
  return place;
}

async function receive(
  store: Store,
  executions: { receivedAt: Date; changes?: Partial<Snapshot> }[],
): Promise<void> {
  const records = executions.map(({ receivedAt, changes }) =>
    recordOf(snapshot(changes), receivedAt),
  );
  for (let from = 0; from < records.length; from += EXECUTIONS_A_SAVE) {
    const outcomes = await store.saveExecutions(records.slice(from, from + EXECUTIONS_A_SAVE));
    for (const outcome of outcomes) expect(outcome).toEqual({ kind: 'accepted' });
  }
}

async function jsonOf<T>(place: Place, args: string[]): Promise<T> {
  const { code, stdout, stderr } = await callCli(place, [...args, '--app', APP, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

async function idsIn(place: Place): Promise<string[]> {
  const server = await startServer(configFor(place));
  const { items } = await list(server.url, '?limit=200');
  await server.stop();
  return items.map((item) => item.executionId).sort();
}

describe.each(driverInCi('postgres'))('xray prune on %s', (driver) => {
  test('erases everything received before an age and nothing else, after a dry run that erases nothing', async () => {
    const place = await placeWith(driver, [
      // One transaction looks at fewer.
      ...Array.from({ length: 1_200 }, (_, i) => ({ receivedAt: daysAgo(31 + (i % 90)) })),
      {
        receivedAt: daysAgo(40),
        changes: { executionId: 'other-environment', environment: 'test' },
      },
      { receivedAt: daysAgo(29), changes: { executionId: 'young' } },
      // It is old by the client's clock, but was received a day ago.
      {
        receivedAt: daysAgo(1),
        changes: { executionId: 'sent-late', startedAt: daysAgo(300).toISOString() },
      },
    ]);
    const args = ['prune', '--older-than', '30d', '--environment', 'default'];
    const preview = await jsonOf<PruneResult>(place, [...args, '--dry-run']);
    expect(preview).toMatchObject({ left: { executions: 1_200, steps: 3_600 }, held: 0 });
    expect(await executionsByTable(place)).toMatchObject({ executions: 1_203, bodies: 1_203 });
    const erased = await jsonOf<PruneResult>(place, [...args, '--yes']);
    expect(erased).toEqual({
      erased: preview.left,
      left: { executions: 0, steps: 0, bytes: 0 },
      held: 0,
      receipt: null,
      cursor: null,
    });
    expect(await executionsByTable(place)).toEqual({ executions: 3, bodies: 3, steps: 3 });
    expect(await idsIn(place)).toEqual(['other-environment', 'sent-late', 'young']);
  });

  test('follows the stored rules, where an environment’s own rule overrides the general one', async () => {
    const place = await placeWith(driver, [
      { receivedAt: daysAgo(8), changes: { executionId: 'test-8', environment: 'test' } },
      { receivedAt: daysAgo(8), changes: { executionId: 'prod-8', environment: 'prod' } },
      { receivedAt: daysAgo(31), changes: { executionId: 'prod-31', environment: 'prod' } },
      { receivedAt: daysAgo(31), changes: { executionId: 'kept-31', environment: 'kept' } },
    ]);
    const none = await callCli(place, ['prune', '--app', APP, '--yes']);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/no retention rule.*xray retention/s);
    await jsonOf(place, ['retention', '--days', '30']);
    await jsonOf(place, ['retention', '--days', '7', '--environment', 'test']);
    await jsonOf(place, ['retention', '--days', 'forever', '--environment', 'kept']);
    const result = await jsonOf<PruneResult>(place, ['prune', '--yes']);
    expect(result.erased.executions).toBe(2);
    expect(await idsIn(place)).toEqual(['kept-31', 'prod-8']);
    const { items } = await jsonOf<Retention>(place, ['retention']);
    expect(items).toMatchObject([
      { environment: null, days: 30, legalHold: false, deleted: 1 },
      { environment: 'kept', days: null, deleted: 0, lastDeletedAt: null },
      { environment: 'test', days: 7, deleted: 1 },
    ]);
  });

  test('follows rules by environment and pipeline exactly as core chooses them', async () => {
    const names = ['a', 'b', 'c'];
    const rules: RetentionRule[] = [
      { environment: null, pipeline: null, days: 30, legalHold: false },
      { environment: 'a', pipeline: null, days: 7, legalHold: false },
      { environment: null, pipeline: 'a', days: 20, legalHold: false },
      { environment: null, pipeline: 'b', days: 3, legalHold: false },
      { environment: 'b', pipeline: 'b', days: null, legalHold: false },
      { environment: 'c', pipeline: 'c', days: 1, legalHold: true },
    ];
    const all = names.flatMap((environment) =>
      names.flatMap((pipeline) =>
        [2, 5, 10, 25, 40].map((age) => ({ environment, pipeline, age })),
      ),
    );
    const idOf = ({ environment, pipeline, age }: (typeof all)[number]): string =>
      `${environment}-${pipeline}-${age}`;
    const place = await placeWith(
      driver,
      all.map((each) => ({
        receivedAt: daysAgo(each.age + 0.5),
        changes: {
          executionId: idOf(each),
          environment: each.environment,
          pipeline: each.pipeline,
        },
      })),
    );
    const store = await openStore(place);
    await store.change(async (edits) => ({
      result: await edits.replaceRetention(APP, rules),
      entry: undefined,
    }));
    const counts = await store.countByAge(APP, new Date());
    await store.close();
    const kept = all.filter((each) => {
      const days = ruleFor(rules, each)?.days ?? Infinity;
      return isHeld(rules, each) || each.age < days;
    });
    expect(previewRetention(rules, counts).goes.now).toBe(all.length - kept.length);
    const result = await jsonOf<PruneResult>(place, ['prune', '--yes']);
    expect(result).toMatchObject({ erased: { executions: all.length - kept.length } });
    expect(await idsIn(place)).toEqual(kept.map(idOf).toSorted());
    const { items } = await jsonOf<Retention>(place, [
      'retention',
      '--pipeline',
      'a',
      '--days',
      '9',
    ]);
    expect(items.find((rule) => rule.environment === null && rule.pipeline === 'a')?.days).toBe(9);
    const deleted = items.reduce((sum, rule) => sum + rule.deleted, 0);
    expect(deleted).toBe(result.erased.executions);
  });

  test('erases every trace of a subject, and counts none left', async () => {
    const ofSubject = (id: string): { receivedAt: Date; changes: Partial<Snapshot> } => ({
      receivedAt: new Date(),
      changes: {
        subjects: [
          { type: 'offer', id: '1' },
          { type: 'applicant', id },
        ],
      },
    });
    const place = await placeWith(driver, [
      ofSubject('8/123'),
      ofSubject('8/123'),
      ofSubject('8'),
      { receivedAt: new Date() },
    ]);
    const result = await jsonOf<PruneResult>(place, [
      'prune',
      '--subject',
      'applicant/8/123',
      '--yes',
    ]);
    expect(result).toMatchObject({ erased: { executions: 2, steps: 6 }, left: { executions: 0 } });
    expect(await executionsByTable(place)).toEqual({ executions: 2, bodies: 2, steps: 2 });
  });

  test('erases a person among the candidates: items, ledger, sets without a type, broken ids', async () => {
    const store = await freshStore(driver);
    const chose = (candidates: object): Partial<Snapshot> => ({
      steps: [
        {
          name: 'rank',
          candidates: {
            person: true,
            type: 'user',
            in: 2,
            out: 1,
            byOutcome: { kept: 1, rejected: 1 },
            items: [],
            ...candidates,
          },
        },
      ],
    });
    // Ids that the database cannot hold as they are.
    const asked = 'ü"1\ufffd';
    const ledger = { ids: ['u-9', 'ü"1\ud800'], outcomes: 'kr', reasons: [], reasonIx: [-1, -1] };
    const item = (id: string) => ({ items: [{ id, outcome: 'kept' as const }] });
    const erased: Partial<Snapshot>[] = [
      chose(item('ü"1\0')),
      chose({ ledger }),
      chose({ ...item(asked), type: null }),
      { subjects: [{ type: 'user', id: 'ü"1\0' }] },
    ];
    const kept: Partial<Snapshot>[] = [
      chose(item('ü"12')),
      chose({ ...item(asked), person: false }),
      chose({ ...item(asked), type: 'offer' }),
      {},
    ];
    await receive(
      store,
      [...erased, ...kept].map((changes) => ({ receivedAt: new Date(), changes })),
    );
    const what = { kind: 'subject', type: 'user', id: asked } as const;
    const scope = { app: APP, environment: undefined, what };
    expect((await store.countErasable(scope)).erasable.executions).toBe(erased.length);
    const eraser = {
      accounts: store,
      executions: store,
      erasures: new ErasureMetrics(new Registry()),
    };
    const options = { reason: 'asked for', askedBy: 'a test', receipt: undefined };
    const result = await prune(eraser, scope, options, () => ({
      actor: { kind: 'administrator', id: null, name: null },
      appId: APP,
      ip: null,
      action: 'execution.prune',
      target: null,
      details: {},
    }));
    expect(result).toMatchObject({
      erased: { executions: erased.length },
      left: { executions: 0, steps: 0, bytes: 0 },
      held: 0,
    });
    const left = await store.exportExecutions({
      ...scopeOf(),
      sort: 'at',
      after: undefined,
    });
    expect(left.items).toHaveLength(kept.length);
  });

  test('erases one execution of a running server, by the command line and by the API', async () => {
    const place = await placeWith(driver, []);
    const server = await startServer(configFor(place));
    const [first, second, third] = [snapshot(), snapshot(), snapshot()];
    await postOk(server.url, [first, second, third]);
    const byCli = await jsonOf<PruneResult>(place, [
      'prune',
      '--execution',
      first.executionId,
      '--yes',
    ]);
    expect(byCli).toMatchObject({ erased: { executions: 1, steps: 3 }, left: { executions: 0 } });
    // With an embedded database the command calls this server. With Postgres it erases by itself.
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics.match(/^xray_erased_executions_total.*$/gm) ?? []).toEqual(
      driver === 'pglite' ? [`xray_erased_executions_total{app="${APP}",cause="request"} 1`] : [],
    );
    const path = `/api/apps/${APP}/executions/${second.executionId}`;
    expect((await fetch(server.url + path, { method: 'DELETE' })).status).toBe(401);
    const { items } = await list(server.url);
    expect(items.map((item) => item.executionId).sort()).toEqual(
      [second.executionId, third.executionId].sort(),
    );
    await server.stop();
  });

  test('erases nothing under a legal hold, and says so', async () => {
    const place = await placeWith(driver, [
      {
        receivedAt: daysAgo(50),
        changes: { executionId: 'held', environment: 'prod', subjects: [{ type: 'a', id: '1' }] },
      },
      {
        receivedAt: daysAgo(50),
        changes: { executionId: 'free', environment: 'test', subjects: [{ type: 'a', id: '1' }] },
      },
    ]);
    await jsonOf(place, ['retention', '--days', '30']);
    await jsonOf(place, ['retention', '--environment', 'prod', '--legal-hold', 'on']);
    for (const what of [
      ['--subject', 'a/1'],
      ['--execution', 'held'],
    ]) {
      const { code, stderr } = await callCli(place, ['prune', '--app', APP, '--yes', ...what]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/legal hold \(environment prod\).*Nothing was erased/);
    }
    expect(await idsIn(place)).toEqual(['free', 'held']);
    expect(await jsonOf<PruneResult>(place, ['prune', '--yes'])).toMatchObject({
      erased: { executions: 1 },
      left: { executions: 0 },
      held: 1,
    });
    expect(await idsIn(place)).toEqual(['held']);
    await jsonOf(place, ['retention', '--environment', 'prod', '--legal-hold', 'off']);
    expect(await jsonOf<PruneResult>(place, ['prune', '--yes'])).toMatchObject({ held: 0 });
    expect(await idsIn(place)).toEqual([]);
  });

  test('asks for confirmation before anything that cannot be undone', async () => {
    const place = await placeWith(driver, [{ receivedAt: daysAgo(2) }]);
    const { code, stderr } = await callCli(place, ['prune', '--app', APP, '--older-than', '1d']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 execution with 3 steps.*--yes/);
    expect(await idsIn(place)).toHaveLength(1);
  });
});

describe.each(driverInCi('postgres'))('the retention job on %s', (driver) => {
  test('deletes exactly the expired executions while others arrive, and each once if there are two instances', async () => {
    const expired = Array.from({ length: 3_000 }, () => ({ receivedAt: daysAgo(8) }));
    const place = await placeWith(driver, [...expired, { receivedAt: daysAgo(6) }]);
    await jsonOf(place, ['retention', '--days', '7']);
    const store = await openStore(place);
    // Only one process can use the embedded database, so its two jobs share one store.
    const other = driver === 'postgres' ? await openStore(place) : store;
    const logger = pino({ level: 'silent' });
    const metrics = new Registry();
    const erasures = new ErasureMetrics(metrics);
    const jobs = [store, other].map((jobStore) =>
      startRetentionJob(
        { accounts: jobStore, executions: jobStore, erasures, logger, now: Date.now },
        { firstAfterMs: 1, everyMs: 20 },
      ),
    );
    let received = 0;
    const isDone = async (): Promise<boolean> => {
      await receive(store, [{ receivedAt: new Date() }]);
      received++;
      return (await store.readRetention(APP))[0]?.deleted === expired.length;
    };
    await expect.poll(isDone, { timeout: 30_000, interval: 1 }).toBe(true);
    await Promise.all(jobs.map((job) => job.stop()));
    for (const one of new Set([store, other])) await one.close();
    const counted = await metrics.metrics();
    const labels = `{app="${APP}",cause="retention"}`;
    expect(counted).toContain(`xray_erased_executions_total${labels} ${expired.length}\n`);
    expect(counted).toContain(`xray_erased_steps_total${labels} ${expired.length * 3}\n`);
    const left = received + 1;
    expect(await executionsByTable(place)).toEqual({ executions: left, bodies: left, steps: left });
  });
});

describe('the API of retention', () => {
  test('is only for administrators, and refuses two rules for one environment', async () => {
    const place = await placeWith('pglite', []);
    const server = await startServer(configFor(place));
    onTestFinished(() => server.stop());
    const url = `${server.url}/api/apps/${APP}/retention`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { 'x-api-key': API_KEY } })).status).toBe(403);
    const rule = { environment: null, days: 1, legalHold: false };
    const { error } = await put(place, { items: [rule, rule] });
    expect(error).toMatchObject({ code: 'invalid' });
    // A rule without the hold must not lift it.
    expect((await put(place, { items: [{ environment: null, days: 1 }] })).error.code).toBe(
      'invalid',
    );
  });
});

describe('an erasure by name', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  const CANARY = 'canary-person-8123';
  const path = `/api/apps/${APP}`;
  const person = { kind: 'subject', type: 'applicant', id: CANARY };
  const about = (executionId: string): Snapshot =>
    snapshot({ executionId, subjects: [{ type: 'applicant', id: CANARY }] });
  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
  });
  afterAll(() => server.close());

  test('leaves a receipt and an address that says when and why, and no id anywhere', async () => {
    const flush = about(`loan-${CANARY}`);
    await postOk(server.url, [flush, about('second'), snapshot({ executionId: 'other' })]);
    const preview = await ada.ask<PruneResult>('POST', `${path}/prune`, {
      what: person,
      dryRun: true,
    });
    expect(preview).toMatchObject({ left: { executions: 2 }, receipt: null });
    const { receipt, left } = await ada.ask<PruneResult>('POST', `${path}/prune`, {
      what: person,
      reason: 'Request of the person',
    });
    expect(left).toMatchObject({ executions: 0 });
    expect(receipt).toMatchObject({
      kind: 'subject',
      subjectType: 'applicant',
      reason: 'Request of the person',
      askedBy: ADMINISTRATOR,
      erased: { executions: 2, steps: 6 },
    });
    for (const where of ['', '/explain', '/steps/0']) {
      const answer = await ada.send('GET', `${path}/executions/second${where}`);
      expect(answer.status).toBe(410);
      expect((answer.body as ErrorBody).error).toMatchObject({
        code: 'erased',
        tombstone: { receipt: receipt?.id, reason: 'Request of the person', at: receipt?.at },
      });
    }
    const listed = await callCli(server.place, ['erasures', '--app', APP]);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toContain(
      `${receipt?.id}  ${receipt?.at}  a subject of type applicant: 2 executions with 6 steps (`,
    );
    expect(listed.stdout).toContain('Reason: Request of the person.');
    expect(listed.stdout).not.toContain(CANARY);
    expect((await ada.send('GET', `${path}/executions/never-sent`)).status).toBe(404);
    expect((await ada.send('DELETE', `${path}/executions/second`)).status).toBe(410);
    const kept = [
      await ada.send('GET', `${path}/audit`),
      await ada.send('GET', `${path}/erasures`),
      await ada.send('GET', `${path}/executions/loan-${CANARY}`),
    ].map(({ body }) => JSON.stringify(body));
    expect(kept[0]).toContain(receipt?.id);
    expect(kept[1]).toContain(receipt?.id);
    expect(kept[2]).toContain(receipt?.id);
    for (const text of kept) expect(text).not.toContain(CANARY);
  });

  test('is not undone by a flush that arrives later, alone, with others or from an export', async () => {
    const flush = about('late');
    await postOk(server.url, [{ ...flush, status: 'running', revision: 1 }]);
    await ada.ask('POST', `${path}/prune`, { what: person });
    const last = { ...flush, revision: 2 };
    expect(await postOk(server.url, [last])).toMatchObject({ accepted: 0, superseded: 1 });
    expect(await postOk(server.url, [last, last, snapshot({ executionId: 'new' })])).toMatchObject({
      accepted: 1,
      superseded: 2,
    });
    const line = {
      snapshot: last,
      server: { receivedAt: new Date().toISOString(), conflict: false, stale: false, bytes: 1 },
    };
    await overConsole(server.place, 'POST', `${path}/import`, `${JSON.stringify(line)}\n`, {
      'content-type': 'application/x-ndjson',
    });
    expect((await ada.send('GET', `${path}/executions/late`)).status).toBe(410);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain(`xray_ingest_snapshots_total{app="${APP}",result="erased"} 3\n`);
  });

  test('refuses the receipt of another erasure, and a reason that keeps the id', async () => {
    const { items } = await ada.ask<ErasureReceiptList>('GET', `${path}/erasures`);
    const receipt = items[0]?.id;
    const execution = { kind: 'execution', executionId: 'other' };
    const refusals = [
      { at: 'receipt', body: { what: execution, receipt } },
      { at: 'reason', body: { what: person, reason: `Mail of ${CANARY}` } },
    ];
    for (const { at, body } of refusals) {
      const answer = await ada.send('POST', `${path}/prune`, body);
      expect(answer.status).toBe(400);
      expect((answer.body as ErrorBody).error.details?.[0]?.path).toBe(at);
    }
    expect((await ada.send('GET', `${path}/executions/other`)).status).toBe(200);
  });

  test('previews rules before they are stored', async () => {
    const rule = { environment: null, pipeline: null, days: 1, legalHold: false };
    const preview = await ada.ask<RetentionPreview>('POST', `${path}/retention/preview`, {
      items: [rule],
    });
    expect(preview).toMatchObject({ executions: 2, held: 0, goes: { now: 0 } });
    expect(preview.groups[0]).toMatchObject({ days: 1, firstInDays: 1 });
    expect((await ada.ask<Retention>('GET', `${path}/retention`)).items).toEqual([]);
  });
});

/** Calls through the data directory's socket, as administrator. */
async function put(place: Place, body: object): Promise<ErrorBody> {
  return await new Promise((resolve, reject) => {
    const req = request(
      {
        socketPath: `${place.env.XRAY_DATA_DIR}/xray.sock`,
        method: 'PUT',
        path: `/api/apps/${APP}/retention`,
        headers: { 'content-type': 'application/json' },
      },
      (res) => void json(res).then((answer) => resolve(answer as ErrorBody), reject),
    );
    req.once('error', reject);
    req.end(JSON.stringify(body));
  });
}
