import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { XRaySDK, type XRayOptions } from '@xray/sdk';
import { spool } from '@xray/sdk/spool';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Snapshot } from '../src/wire/snapshot.js';
import { startProgram } from './child.js';
import { accept, answer, type Sink, startSink } from './sink.js';

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

/** The ids of all whole lines in the directory's files, read without the SDK. */
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

const sentIds = (): string[] => sink.snapshots.map(({ executionId }) => executionId);

test('what is recorded goes through the disk, in order, and leaves it empty', async () => {
  const xray = client();
  const ids = record(xray, 250);
  expect(await xray.flush()).toBe(true);
  expect(sentIds()).toEqual(ids);
  expect(xray.stats()).toMatchObject({ recorded: 250, delivered: 250, queued: 0, dropped: {} });
  await xray.shutdown();
  expect(await readdir(dir)).toEqual([]);
});

test('what one client leaves behind, the next one delivers before its own', async () => {
  sink.behaviour = answer(503);
  const first = client();
  const left = record(first, 50);
  expect(await first.shutdown(50)).toBe(false);
  expect(first.stats()).toMatchObject({ recorded: 50, queued: 50, dropped: {} });

  sink.behaviour = accept;
  sink.snapshots.length = 0;
  const second = client();
  const own = record(second, 10);
  expect(await second.flush()).toBe(true);
  expect(sentIds()).toEqual([...left, ...own]);
  expect(second.stats()).toMatchObject({ recorded: 60, delivered: 60, queued: 0 });
  await second.shutdown();
});

test('a line that a crash tore is skipped and counted, and the others are delivered', async () => {
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

test('a full spool takes no more, and counts what it did not take', async () => {
  sink.behaviour = answer(503);
  const xray = client({}, 10_000);
  record(xray, 100);
  const { recorded, queued, dropped } = xray.stats();
  expect(recorded).toBe(100);
  expect(dropped.spool).toBeGreaterThan(50);
  expect(queued + (dropped.spool ?? 0)).toBe(100);
  await xray.shutdown(50);
});

test('clients that share a directory leave each other alone while they live', async () => {
  const [one, two] = [client(), client()];
  const ids = [...record(one, 30), ...record(two, 30)];
  expect(await Promise.all([one.flush(), two.flush()])).toEqual([true, true]);
  expect(sentIds().toSorted()).toEqual(ids.toSorted());
  expect(one.stats()).toMatchObject({ recorded: 30, delivered: 30 });
  await Promise.all([one.shutdown(), two.shutdown()]);
});

test(`a process killed at random, ${String(KILLS)} times: what was on disk arrives, nothing twice`, async () => {
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
    // Not a wait for anything: the moment of the kill is meant to be random.
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
    // What was sent in both lives is the same snapshot to the byte, so the store keeps one.
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
