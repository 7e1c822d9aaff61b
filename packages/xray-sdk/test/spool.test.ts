import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { XRaySDK, type XRayOptions } from '@xray/sdk';
import { spool } from '@xray/sdk/spool';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Snapshot } from '../src/wire/snapshot.js';
import { runProgram, startProgram } from './child.js';
import { accept, answer, foreign, type Sink, startSink } from './sink.js';

/** A full run kills fifty times: `XRAY_TEST_FULL=1 npm test`. */
const KILLS = process.env['XRAY_TEST_FULL'] === '1' ? 50 : 3;

let sink: Sink;
let dir: string;

beforeEach(async () => {
  sink = await startSink();
  dir = await mkdtemp(join(tmpdir(), 'xray-spool-'));
});

afterEach(async () => {
  await sink.close();
  await rm(dir, { recursive: true, force: true });
});

function client(options: Partial<XRayOptions> = {}, maxBytes?: number): XRaySDK {
  return new XRaySDK({
    apiKey: 'xr_test',
    appId: 'app',
    pipeline: 'spool',
    endpoint: sink.endpoint,
    spool: spool({ dir, maxBytes }),
    ...options,
  });
}

function record(xray: XRaySDK, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const execution = xray.startExecution();
    execution.recordStep({ name: 'only', output: `line\nbreak \u{1F600} ${String(index)}` });
    execution.completeExecution();
    return execution.id;
  });
}

/** The ids in all complete lines of the directory's files, read without the SDK. */
async function spooledIds(): Promise<string[]> {
  const names = await readdir(dir, { recursive: true });
  const files = names.filter((name) => name.endsWith('.spool')).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ')[3] ?? ''),
  );
}

async function fileIn(folder: string): Promise<string> {
  const path = join(folder, 'a-file');
  await writeFile(path, '');
  return path;
}

/** Damages one line of a file and keeps the number of lines. */
async function damageLine(file: string, index: number): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  lines[index] = `damaged ${lines[index] ?? ''}`;
  await writeFile(file, lines.join('\n'));
}

const sentIds = (): string[] => sink.snapshots.map(({ executionId }) => executionId);

test('records are stored on disk, sent in order, and then deleted', async () => {
  const xray = client();
  const ids = record(xray, 250);
  expect(await xray.flush()).toBe(true);
  expect(sentIds()).toEqual(ids);
  expect(xray.stats()).toMatchObject({ recorded: 250, delivered: 250, queued: 0, dropped: {} });
  await xray.shutdown();
  expect(await readdir(dir)).toEqual([]);
});

test('a client delivers the records of an earlier client before its own', async () => {
  sink.behaviour = answer(503);
  const first = client();
  const left = record(first, 50);
  expect(await first.shutdown(50)).toBe(false);
  expect(first.stats()).toMatchObject({ recorded: 50, queued: 50, dropped: {} });

  sink.behaviour = accept;
  sink.snapshots.length = 0;
  const second = client();
  const later = record(second, 10);
  expect(await second.flush()).toBe(true);
  expect(sentIds()).toEqual([...left, ...later]);
  expect(second.stats()).toMatchObject({ recorded: 60, delivered: 60, queued: 0 });
  await second.shutdown();
});

test('the spool skips and counts a torn line, and delivers the others', async () => {
  sink.behaviour = answer(503);
  const first = client();
  const left = record(first, 3);
  await first.shutdown(50);
  const [file] = (await readdir(dir, { recursive: true })).filter((name) =>
    name.endsWith('.spool'),
  );
  await appendFile(join(dir, file ?? ''), '0123abcd 4 0 torn {"execu');

  sink.behaviour = accept;
  sink.snapshots.length = 0;
  const second = client();
  await vi.waitFor(() => expect(second.stats().dropped).toEqual({ spool: 1 }));
  expect(sentIds()).toEqual(left);
  expect(second.stats()).toMatchObject({ recorded: 4, delivered: 3, queued: 0 });
  await second.shutdown();
});

test('after shutdown a client uses neither the disk nor the server', async () => {
  sink.behaviour = answer(503);
  const first = client();
  record(first, 5);
  await first.shutdown(50);
  const asked = sink.requests.length;
  const owned = await readdir(dir);
  expect(await first.flush(700)).toBe(false);
  expect(sink.requests).toHaveLength(asked);
  expect(await readdir(dir)).toEqual(owned);
});

test('a full spool drops and counts new records', async () => {
  sink.behaviour = answer(503);
  const xray = client({}, 10_000);
  record(xray, 100);
  const { recorded, queued, dropped } = xray.stats();
  expect(recorded).toBe(100);
  expect(dropped.spool).toBeGreaterThan(50);
  expect(queued + (dropped.spool ?? 0)).toBe(100);
  await xray.shutdown(50);
});

test("live clients that share a directory do not take over each other's records", async () => {
  const [first, second] = [client(), client()];
  const ids = [...record(first, 30), ...record(second, 30)];
  expect(await Promise.all([first.flush(), second.flush()])).toEqual([true, true]);
  expect(sentIds().toSorted()).toEqual(ids.toSorted());
  expect(first.stats()).toMatchObject({ recorded: 30, delivered: 30 });
  await Promise.all([first.shutdown(), second.shutdown()]);
});

test('delivered records free all of their bytes', async () => {
  const xray = client({}, 20_000);
  for (let round = 0; round < 40; round += 1) {
    record(xray, 20);
    expect(await xray.flush()).toBe(true);
  }
  expect(xray.stats()).toMatchObject({ delivered: 800, dropped: {} });
  await xray.shutdown();
});

test('records of an ended process count toward the size of the spool', async () => {
  sink.behaviour = answer(503);
  const first = client();
  record(first, 50);
  await first.shutdown(50);
  const second = client({}, 10_000);
  expect(await second.flush()).toBe(true);
  await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(1));
  record(second, 1);
  expect(second.stats().dropped).toEqual({ spool: 1 });
  await second.shutdown(50);
});

test('a segment without a whole line does not cost the next segment', async () => {
  sink.behaviour = answer(503);
  const first = client();
  const left = record(first, 5);
  await first.shutdown(50);
  const [owned = ''] = await readdir(dir);
  await rename(join(dir, owned, '00000000.spool'), join(dir, owned, '00000001.spool'));
  await writeFile(join(dir, owned, '00000000.spool'), 'no record\n');

  sink.behaviour = accept;
  sink.snapshots.length = 0;
  const second = client();
  await vi.waitFor(() => expect(second.stats().delivered).toBe(5));
  expect(sentIds()).toEqual(left);
  expect(second.stats()).toMatchObject({ recorded: 6, dropped: { spool: 1 } });
  await second.shutdown();
});

test.each([
  ['a line is damaged', async (file: string) => damageLine(file, 7), 9],
  ['the files are removed', async () => rm(dir, { recursive: true }), 5],
])(
  'when %s under a running client, the loss is counted and it goes on',
  async (_what, harm, whole) => {
    sink.behaviour = answer(503);
    const xray = client();
    record(xray, 5);
    await vi.waitFor(() => expect(xray.stats().retries).toBe(1));
    record(xray, 5);
    await vi.waitFor(async () => expect(await spooledIds()).toHaveLength(10));
    const [file = ''] = (await readdir(dir, { recursive: true })).filter((n) =>
      n.endsWith('.spool'),
    );
    await harm(join(dir, file));

    sink.behaviour = accept;
    sink.snapshots.length = 0;
    expect(await xray.flush()).toBe(true);
    const [later] = record(xray, 1);
    expect(await xray.flush()).toBe(true);
    expect(sentIds()).toHaveLength(whole + 1);
    expect(sentIds().at(-1)).toBe(later);
    expect(xray.stats()).toMatchObject({
      recorded: 11,
      delivered: whole + 1,
      queued: 0,
      dropped: { spool: 10 - whole },
    });
    await xray.shutdown();
  },
);

test("live clients in other threads do not take over each other's records", async () => {
  sink.behaviour = answer(503);
  const url = new URL('programs/spooling-thread.mjs', import.meta.url);
  const settings = { dir, endpoint: sink.endpoint };
  const thread = new Worker(url, { workerData: settings });
  await new Promise((resolve) => thread.once('message', resolve));
  const owned = await readdir(dir);
  expect(owned).toHaveLength(1);
  const other = client();
  await vi.waitFor(async () => expect(await readdir(dir)).toEqual(owned));
  expect(await other.flush()).toBe(true);
  sink.behaviour = accept;
  sink.snapshots.length = 0;
  thread.postMessage('go on');
  const [stats] = await once(thread, 'message');
  expect(stats).toMatchObject({ recorded: 20, delivered: 20, queued: 0 });
  expect(new Set(sentIds()).size).toBe(20);
  expect(other.stats().recorded).toBe(0);
  await Promise.all([other.shutdown(), thread.terminate()]);
});

test('a disk that becomes full during a write costs only the records without space', async () => {
  sink.behaviour = answer(503);
  const env = { SPOOL_DIR: dir, XRAY_ENDPOINT: sink.endpoint, OUTPUT_LENGTH: '1000' };
  const ended = await runProgram('spool-end.mjs', env, { maxFileBlocks: 32 });
  const { recorded, dropped, queued, notDurable } = JSON.parse(ended.stdout).stats;
  expect(recorded).toBe(30);
  expect(dropped).toEqual({ exit: notDurable });
  expect(notDurable).toBeGreaterThan(10);
  expect(queued).toBe(30 - notDurable);

  sink.behaviour = accept;
  sink.snapshots.length = 0;
  const rescuer = client();
  await vi.waitFor(async () => expect(await readdir(dir)).toEqual([]));
  expect(rescuer.stats()).toMatchObject({ recorded: queued, delivered: queued, dropped: {} });
  await rescuer.shutdown();
});

test('a full disk costs no record while the server is available', async () => {
  const env = { SPOOL_DIR: dir, XRAY_ENDPOINT: sink.endpoint, OUTPUT_LENGTH: '1000' };
  const ended = await runProgram('spool-end.mjs', env, { maxFileBlocks: 32 });
  expect(JSON.parse(ended.stdout).stats).toMatchObject({ delivered: 30, queued: 0, dropped: {} });
  expect(new Set(sentIds()).size).toBe(30);
  expect(ended.stderr).toMatch(/cannot be written .* wait in memory/);
});

describe.each([
  ['lies under a file', async () => join(await fileIn(dir), 'spool')],
  ['is a file', async () => fileIn(dir)],
  ['has too long a name', async () => join(dir, 'x'.repeat(300))],
  ['has a name that no disk takes', async () => join(dir, 'a\0b')],
  ['has no name', async () => ''],
  ['is no text', async () => undefined as unknown as string],
])('a spool whose directory %s', (_what, place) => {
  test('delivers from memory, and counts the records that are not durable', async () => {
    const xray = client({ spool: spool({ dir: await place() }) });
    const ids = [...record(xray, 5), ...record(xray, 3)];
    expect(await xray.flush()).toBe(true);
    expect(sentIds()).toEqual(ids);
    expect(xray.stats()).toMatchObject({ recorded: 8, delivered: 8, queued: 0, dropped: {} });
    expect(xray.stats().notDurable).toBe(8);
    expect(await xray.shutdown()).toBe(true);
  });

  test('stays within the bounds of memory, and counts the lost records at the end', async () => {
    sink.behaviour = answer(503);
    const xray = client({ spool: spool({ dir: await place() }), delivery: { maxQueued: 10 } });
    record(xray, 30);
    expect(await xray.flush(100)).toBe(false);
    expect(await xray.shutdown(50)).toBe(false);
    const { recorded, queued, dropped } = xray.stats();
    expect({ recorded, queued }).toEqual({ recorded: 30, queued: 0 });
    expect((dropped.shutdown ?? 0) + (dropped.spool ?? 0) + (dropped.queue_full ?? 0)).toBe(30);
    expect(dropped.shutdown).toBeGreaterThan(0);
  });
});

test('unreadable records of an earlier process do not delay new snapshots', async () => {
  sink.behaviour = answer(503);
  const first = client();
  record(first, 3);
  await first.shutdown(50);
  const [owned = ''] = await readdir(dir);
  await rm(join(dir, owned, '00000000.spool'));
  await mkdir(join(dir, owned, '00000000.spool'));

  sink.behaviour = accept;
  sink.snapshots.length = 0;
  const second = client();
  const ids = record(second, 2);
  expect(await second.flush()).toBe(true);
  expect(sentIds()).toEqual(ids);
  await second.shutdown();
});

/** Opening a FIFO waits for its other end, as a hung mount waits for its server. */
function hang(path: string): void {
  execFileSync('mkfifo', [path]);
}

/** Opening it for both ends waits for nobody, and lets the waiting end go on. */
async function release(path: string): Promise<void> {
  const other = await open(path, 'r+');
  await other.close();
}

const DISK_TIMEOUT_MS = 10_000;

test('a disk that never answers at the start delays delivery and does not prevent it', async () => {
  const owner = `old.owner-${hostname().replace(/[^A-Za-z0-9-]/g, '_')}~999999999~0~old`;
  await mkdir(join(dir, owner));
  hang(join(dir, owner, 'acknowledged'));
  const xray = client();
  const ids = record(xray, 3);
  expect(await xray.flush(DISK_TIMEOUT_MS)).toBe(true);
  expect(sink.snapshots.map(({ executionId }) => executionId)).toEqual(ids);
  expect(xray.stats()).toMatchObject({ delivered: 3, notDurable: 3, dropped: {} });
  // The client took the directory over, and its name changed.
  const [adopted = ''] = await readdir(dir);
  await release(join(dir, adopted, 'acknowledged'));
  await vi.waitFor(async () => {
    const { notDurable } = xray.stats();
    record(xray, 1);
    expect(await xray.flush(DISK_TIMEOUT_MS)).toBe(true);
    expect(xray.stats().notDurable).toBe(notDurable);
  });
  expect(await xray.shutdown()).toBe(true);
  expect(xray.stats()).toMatchObject({ queued: 0, dropped: {} });
});

test('a disk that stops answering in between costs no record, and holds up neither flush nor shutdown', async () => {
  sink.behaviour = answer(503);
  const xray = client();
  record(xray, 2);
  await vi.waitFor(() => expect(xray.stats().retries).toBeGreaterThan(0));
  const [own = ''] = await readdir(dir);
  hang(join(dir, own, 'acknowledged'));
  sink.behaviour = accept;
  expect(await xray.flush(DISK_TIMEOUT_MS)).toBe(true);
  record(xray, 2);
  expect(await xray.flush(DISK_TIMEOUT_MS)).toBe(true);
  record(xray, 2);
  expect(await xray.shutdown(DISK_TIMEOUT_MS)).toBe(true);
  expect(xray.stats()).toMatchObject({ delivered: 6, dropped: {} });
  await release(join(dir, own, 'acknowledged'));
});

test('a proxy that refuses one snapshot holds up no other, and the snapshot stays on disk', async () => {
  sink.behaviour = (request, response) => {
    const isRefused = request.text.includes('DROP TABLE');
    (isRefused ? foreign(403, '<h1>Forbidden</h1>') : accept)(request, response);
  };
  const xray = client({ delivery: { maxBatch: 2 } });
  const execution = xray.startExecution();
  execution.recordStep({ name: 'DROP TABLE' });
  execution.completeExecution();
  record(xray, 5);
  await vi.waitFor(
    async () => {
      expect(await xray.flush(1)).toBe(false);
      expect(xray.stats().delivered).toBe(5);
    },
    { timeout: 10_000 },
  );
  record(xray, 1);
  await vi.waitFor(
    async () => {
      expect(await xray.flush(1)).toBe(false);
      expect(xray.stats()).toMatchObject({ delivered: 6, queued: 1, dropped: {} });
    },
    { timeout: 10_000 },
  );
  expect(await xray.shutdown(1)).toBe(false);
  expect(xray.stats()).toMatchObject({ dropped: {} });
  expect(await spooledIds()).toContain(execution.id);
});

test('an unusable spool option costs no record', async () => {
  const broken = [() => undefined, () => ({}), 'spool', { dir }, spool(undefined as never)];
  for (const each of broken) {
    sink.snapshots.length = 0;
    const xray = client({ spool: each as never });
    const ids = record(xray, 2);
    expect(await xray.flush()).toBe(true);
    expect(sentIds()).toEqual(ids);
    expect(xray.stats().notDurable).toBe(2);
  }
});

test.each(['at once', 'soon'])(
  'a process that calls process.exit %s leaves all records in the spool',
  async (when) => {
    sink.behaviour = answer(503);
    const env = { SPOOL_DIR: dir, XRAY_ENDPOINT: sink.endpoint, EXIT: when };
    expect(await runProgram('spool-end.mjs', env)).toMatchObject({ code: 0 });
    expect(new Set(await spooledIds()).size).toBe(30);
  },
);

test('with the server down a process ends after one attempt and leaves all records in the spool', async () => {
  sink.behaviour = answer(503);
  const env = { SPOOL_DIR: dir, XRAY_ENDPOINT: sink.endpoint };
  const ended = await runProgram('spool-end.mjs', env);
  expect(ended.code).toBe(0);
  expect(sink.requests).toHaveLength(1);
  expect(await spooledIds()).toHaveLength(30);
  expect(JSON.parse(ended.stdout).tookMs).toBeLessThan(1_500);
});

test(`a process killed ${String(KILLS)} times at random: all records on disk arrive, and none arrives twice`, async () => {
  let spooled = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const isDown = round % 2 === 0;
    sink.behaviour = isDown ? answer(503) : accept;
    sink.snapshots.length = 0;
    const child = startProgram('spooling-writer.mjs', {
      SPOOL_DIR: dir,
      XRAY_ENDPOINT: sink.endpoint,
      XRAY_API_KEY: 'xr_test',
    });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    // The time of the kill is random on purpose.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const onDisk = await spooledIds();
    spooled += onDisk.length;
    const before = isDown ? [] : [...sink.snapshots];

    sink.behaviour = accept;
    sink.snapshots.length = 0;
    const rescuer = client();
    await vi.waitFor(async () => expect(await readdir(dir)).toEqual([]), { timeout: 10_000 });
    const rescued = sentIds();
    expect(new Set(rescued).size).toBe(rescued.length);
    const arrived = new Set([...before.map(({ executionId }) => executionId), ...rescued]);
    expect(onDisk.filter((id) => !arrived.has(id))).toEqual([]);
    // A snapshot sent by both processes has the same bytes, so the store keeps one.
    const unsent = (snapshot: Snapshot | undefined) => ({ ...snapshot, sentAt: '' });
    const again = new Map(sink.snapshots.map((snapshot) => [snapshot.executionId, snapshot]));
    const twice = before.filter(({ executionId }) => again.has(executionId));
    expect(twice.map(({ executionId }) => unsent(again.get(executionId)))).toEqual(
      twice.map(unsent),
    );
    expect(rescuer.stats()).toMatchObject({ queued: 0, delivered: rescued.length });
    await rescuer.shutdown();
  }
  expect(spooled).toBeGreaterThan(0);
}, 240_000);
