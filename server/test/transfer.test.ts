import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { CreatedKey, ExecutionDetail, Retention } from '@xray/core';
import { startServer } from '#server/main.js';
import {
  API_KEY,
  APP,
  configFor,
  freshServer,
  newPlace,
  type DriverName,
  type Place,
} from './support/databases.js';
import { detail, fetchWithKey, list, post, postOk } from './support/http.js';
import { callCli } from './support/process.js';
import { FULL_SNAPSHOT, snapshot } from './support/snapshots.js';
import { executionsByTable } from './support/tables.js';

// The test runs many commands, each of which opens its database.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

async function freshPlace(driver: DriverName): Promise<Place> {
  const place = await newPlace(driver);
  onTestFinished(() => place.remove());
  return place;
}

async function run(place: Place, args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await callCli(place, args);
  if (code !== 0) throw new Error(stderr);
  return { stdout, stderr };
}

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-test-export-'));
  folders.push(folder);
  const file = path.join(folder, 'export.ndjson');
  await writeFile(file, text);
  return file;
}

/** Fills a place with data that is hard to transfer, and stops its server. */
async function fillPlace(place: Place): Promise<void> {
  const server = await startServer(configFor(place));
  await postOk(server.url, FULL_SNAPSHOT);
  // White space, numbers beyond a double, and a mark that looks like our own.
  const odd = { executionId: 'odd', appId: APP, pipeline: 'p', output: '","server":{"', steps: [] };
  await postOk(
    server.url,
    JSON.stringify(odd, null, 2).replace('[]', '[],\r\n "n": 1.50e2, "m": 12345678901234567890'),
  );
  // Two bodies under one revision, and two processes under one id, are two kinds of conflicts.
  for (const output of [1, 2])
    await postOk(server.url, snapshot({ executionId: 'contested', output }));
  for (const [index, instanceId] of ['b', 'a'].entries()) {
    await postOk(server.url, snapshot({ executionId: 'shared', instanceId, revision: index + 1 }));
  }
  await postOk(server.url, snapshot({ executionId: 'running', status: 'running', revision: 7 }));
  await postOk(
    server.url,
    Array.from({ length: 450 }, () => snapshot()),
  );
  await server.stop();
  await run(place, ['retention', '--app', APP, '--days', '400', '--legal-hold', 'on']);
  await run(place, ['dictionary', 'apply', await fileOf(DICTIONARY), '--app', APP]);
}

const DICTIONARY = 'rules: { min_score: { name: { en: Minimum score, de: Mindestpunktzahl } } }';

const EXECUTIONS = 455;

/** One embedded place with all data and its export, for tests that do not change its executions. */
let embedded: Place;
let exported: string;

beforeAll(async () => {
  embedded = await newPlace('pglite');
  await fillPlace(embedded);
  exported = (await run(embedded, ['export', '--app', APP])).stdout;
});
afterAll(() => embedded.remove());

/**
 * All lines except the first, which contains the app's creation time. They are sorted, because
 * executions of the same millisecond come in the order in which the database stored them.
 */
function linesOf(text: string): string[] {
  return text.split('\n').slice(1).sort();
}

describe('moving', () => {
  test('from the embedded database to Postgres and back loses nothing', async () => {
    const first = await run(embedded, ['export', '--app', APP]);
    expect(first.stderr).toMatch(new RegExp(`Exported ${EXECUTIONS} executions of ${APP}`));
    const postgres = await freshPlace('postgres');
    const { stderr } = await run(postgres, ['import', await fileOf(first.stdout)]);
    expect(stderr).toMatch(
      new RegExp(
        `Imported ${EXECUTIONS} executions.*: ${EXECUTIONS} stored, 0 already stored; added 0 keys, 1 retention rule and the dictionary.`,
      ),
    );
    const second = await run(postgres, ['export', '--app', APP]);
    const back = await freshPlace('pglite');
    await run(back, ['import', await fileOf(second.stdout)]);
    const third = await run(back, ['export', '--app', APP]);
    // Each line has an execution's whole text, the state of the merge rule, and the receive time.
    expect(linesOf(second.stdout)).toEqual(linesOf(first.stdout));
    expect(linesOf(third.stdout)).toEqual(linesOf(first.stdout));
    expect(await executionsByTable(postgres)).toEqual(await executionsByTable(embedded));
    expect(await executionsByTable(back)).toEqual(await executionsByTable(embedded));
    const rules = JSON.parse(
      (await run(back, ['retention', '--app', APP, '--json'])).stdout,
    ) as Retention;
    expect(rules.items).toMatchObject([{ environment: null, days: 400, legalHold: true }]);
    const words = (place: Place) => run(place, ['dictionary', 'show', '--app', APP]);
    expect((await words(back)).stdout).toBe((await words(embedded)).stdout);
    expect((await words(back)).stdout).toContain('Mindestpunktzahl');
  });

  test('keeps the text, the receive time and the conflict', async () => {
    const before = await freshPlace('postgres');
    await fillPlace(before);
    const { stdout } = await run(before, ['export', '--app', APP, '--with-keys']);
    const after = await freshPlace('pglite');
    await run(after, ['import', await fileOf(stdout)]);
    const server = await startServer(configFor(after));
    const was = await startServer(configFor(before));
    for (const id of [FULL_SNAPSHOT.executionId, 'odd', 'contested', 'shared', 'running']) {
      expect(await detail(server.url, id)).toEqual(await detail(was.url, id));
    }
    expect((await detail(server.url, 'contested')).server.conflict).toBe(true);
    expect((await detail(server.url, 'shared')).server.conflict).toBe(true);
    const text = await (
      await fetch(`${server.url}/api/apps/${APP}/executions/odd`, {
        headers: { 'x-api-key': API_KEY },
      })
    ).text();
    expect(text).toContain('"n": 1.50e2, "m": 12345678901234567890');
    await Promise.all([server.stop(), was.stop()]);
  });

  test('includes the keys on request, and never their secrets', async () => {
    const made = JSON.parse(
      (await run(embedded, ['keys', 'create', '--app', APP, '--json'])).stdout,
    ) as CreatedKey;
    const withKeys = await run(embedded, ['export', '--app', APP, '--with-keys']);
    expect(withKeys.stdout).not.toContain(made.key);
    const after = await freshPlace('postgres');
    await run(after, ['import', await fileOf(exported)]);
    const server = await startServer(configFor(after));
    onTestFinished(() => server.stop());
    const send = async (key: string): Promise<number> =>
      (await post(server.url, snapshot(), { 'x-api-key': key })).status;
    expect(await send(made.key)).toBe(401);
    await run(after, ['import', await fileOf(withKeys.stdout)]);
    // A server may cache for a few seconds that the key does not exist.
    await expect.poll(() => send(made.key), { timeout: 10_000 }).toBe(202);
    expect(await send(API_KEY)).toBe(202);
  });
});

describe('xray import', () => {
  test('changes nothing the second time', async () => {
    const again = await run(embedded, ['import', await fileOf(exported), '--json']);
    expect(JSON.parse(again.stdout)).toEqual({
      app: APP,
      executions: EXECUTIONS,
      accepted: 0,
      duplicates: EXECUTIONS,
      superseded: 0,
      rejected: 0,
      keys: 0,
      retentionRules: 0,
      dictionary: false,
      outcomes: 0,
    });
    expect((await run(embedded, ['export', '--app', APP])).stdout).toBe(exported);
  });

  test('says that a file is incomplete, and continues with the complete file', async () => {
    const lines = exported.split('\n');
    const place = await freshPlace('pglite');
    const cut = await callCli(place, ['import', await fileOf(lines.slice(0, 101).join('\n'))]);
    expect(cut.code).toBe(1);
    expect(cut.stderr).toMatch(/incomplete: it has 100 executions/);
    const whole = await run(place, ['import', await fileOf(exported), '--json']);
    expect(JSON.parse(whole.stdout)).toMatchObject({ accepted: EXECUTIONS - 100, duplicates: 100 });
  });

  test('rejects invalid lines by number, and stores the others', async () => {
    const lines = exported.split('\n');
    lines[3] = '{"snapshot":{},"server":{"receivedAt":"yesterday"}}';
    const place = await freshPlace('pglite');
    const {
      code,
      stderr,
      stdout: output,
    } = await callCli(place, ['import', await fileOf(lines.join('\n')), '--json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/line 4 \(no id\) was rejected: server\.receivedAt: /);
    expect(JSON.parse(output)).toMatchObject({ accepted: EXECUTIONS - 1, rejected: 1 });
    const foreign = await callCli(place, ['import', await fileOf('{"a":1}\n')]);
    expect(foreign.code).toBe(1);
    expect(foreign.stderr).toMatch(/does not start with the first line/);
  });

  test('adds the meanings of outcomes that the app does not have, and keeps its own words', async () => {
    const place = await freshPlace('pglite');
    const head = {
      ...(JSON.parse(exported.slice(0, exported.indexOf('\n'))) as object),
      outcomes: ['loan', 'a/b c'].map((pipeline) => ({
        pipeline,
        outcomes: [{ outcome: 'declined', meaning: 'bad', hue: null }],
      })),
    };
    const file = await fileOf(`${JSON.stringify(head)}\n{"end":{"executions":0}}\n`);
    const first = await run(place, ['import', file, '--json']);
    expect(JSON.parse(first.stdout)).toMatchObject({ dictionary: true, outcomes: 2 });
    const again = await run(place, ['import', file, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ dictionary: false, outcomes: 0 });
    const { stdout } = await run(place, ['export', '--app', APP]);
    const line = JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as typeof head;
    expect(line.outcomes).toEqual(head.outcomes.toReversed());
  });

  test('stores executions in another app on request', async () => {
    const { stdout } = await run(embedded, ['export', '--app', APP, '--with-keys']);
    const into = await run(embedded, ['import', await fileOf(stdout), '--app', 'copy', '--json']);
    expect(JSON.parse(into.stdout)).toMatchObject({ accepted: EXECUTIONS, keys: 0 });
    const copy = await run(embedded, ['export', '--app', 'copy']);
    expect(copy.stdout.match(new RegExp(`"appId":"copy"`, 'g'))).toHaveLength(EXECUTIONS);
  });
});

describe('GET /api/apps/:app/export', () => {
  test('sends one line for each execution in a time range, to readers', async () => {
    const server = await freshServer('pglite');
    onTestFinished(() => server.close());
    const times = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z'];
    await postOk(
      server.url,
      times.map((startedAt) => snapshot({ startedAt, executionId: startedAt.slice(0, 10) })),
    );
    const url = `${server.url}/api/apps/${APP}/export?from=${times[1]}&to=${times[2]}`;
    const response = await fetch(url, { headers: { 'x-api-key': API_KEY } });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    // Other executions' links are not part of a line.
    const { linkedFrom: _, ...stored } = await detail(server.url, '2026-11-02');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(stored);
    expect((await list(server.url)).items).toHaveLength(3);
    const keys = `${server.url}/api/apps/${APP}/transfer`;
    expect((await fetch(keys, { headers: { 'x-api-key': API_KEY } })).status).toBe(403);
  });

  test('sends the matching executions, and continues after the last one received', async () => {
    const server = await freshServer('pglite');
    onTestFinished(() => server.close());
    const kept = Array.from({ length: 6 }, (_, i) =>
      snapshot({
        executionId: `kept-${i}`,
        tags: ['kept'],
        startedAt: `2026-11-0${i + 1}T00:00:00Z`,
      }),
    );
    await postOk(server.url, [...kept, snapshot({ executionId: 'other' })]);
    const ids = async (query: string): Promise<string[]> => {
      const response = await fetchWithKey(`${server.url}/api/apps/${APP}/export?${query}`);
      const lines = (await response.text()).trimEnd().split('\n');
      return lines.map((line) => (JSON.parse(line) as ExecutionDetail).snapshot.executionId);
    };
    expect(await ids('q=tag:kept')).toEqual(kept.map(({ executionId }) => executionId));
    expect(await ids('q=tag:kept&after=kept-3')).toEqual(['kept-4', 'kept-5']);
    const lost = await fetchWithKey(`${server.url}/api/apps/${APP}/export?after=none`);
    expect(lost.status).toBe(404);
  });

  test('continues to serve when a reader leaves in the middle', async () => {
    const server = await freshServer('pglite');
    onTestFinished(() => server.close());
    const large = 'x'.repeat(200_000);
    for (let i = 0; i < 2; i++) {
      await postOk(
        server.url,
        Array.from({ length: 30 }, () => snapshot({ output: large })),
      );
    }
    const leaving = new AbortController();
    const response = await fetch(`${server.url}/api/apps/${APP}/export`, {
      headers: { 'x-api-key': API_KEY },
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    leaving.abort();
    const whole = await (
      await fetch(`${server.url}/api/apps/${APP}/export`, { headers: { 'x-api-key': API_KEY } })
    ).text();
    expect(whole.trimEnd().split('\n')).toHaveLength(60);
  });
});
