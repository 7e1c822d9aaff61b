import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { xrayProcessor } from '@xray/sdk/bullmq';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { delivered, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'jobs' });

let port: number;
let stop: () => Promise<void>;

/** Debian's package redis-server, without a file. */
beforeAll(async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  port = (probe.address() as AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    redis.once('error', reject);
    redis.stdout.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve();
    });
  });
  stop = () => {
    const ended = new Promise<void>((resolve) => redis.once('exit', () => resolve()));
    redis.kill();
    return ended;
  };
});

afterAll(() => stop());

test('each attempt of a job is an execution, and a retry names the attempt before it', async () => {
  const connection = { host: '127.0.0.1', port };
  const queue = new Queue('Paint', { connection });
  const events = new QueueEvents('Paint', { connection });
  const attempts: number[] = [];
  const worker = new Worker(
    'Paint',
    xrayProcessor(xray, async (job: Job<{ color: string }, string>) => {
      await Promise.resolve();
      attempts.push(attempts.length + 1);
      if (attempts.length === 1) throw new Error('no paint');
      xray.current()?.decide('painted');
      return job.data.color;
    }),
    { connection },
  );
  await events.waitUntilReady();
  const job = await queue.add('cars', { color: 'blue' }, { attempts: 2 });
  expect(await job.waitUntilFinished(events)).toBe('blue');
  await vi.waitFor(() => expect(xray.stats().recorded).toBe(2));
  await Promise.all([worker.close(), events.close(), queue.close()]);
  const [first, second] = await delivered();
  expect(first).toMatchObject({
    status: 'failed',
    input: { color: 'blue' },
    metadata: { queue: 'Paint', job: '1', attempt: 1 },
    steps: [{ error: { message: 'no paint' } }],
  });
  expect(second).toMatchObject({
    status: 'completed',
    output: 'blue',
    decision: { outcome: 'painted' },
    metadata: { attempt: 2 },
    links: [{ executionId: first?.executionId, relation: 'retry_of' }],
  });
});
