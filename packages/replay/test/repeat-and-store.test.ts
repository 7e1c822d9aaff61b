import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newReplayRunSchema, replayLineSchema, replayReportSchema } from '@xray/core';
import type { Snapshot } from '@xray/sdk';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { main } from '../src/main.js';
import type { Report } from '../src/report.js';

const CONFIG = fileURLToPath(new URL('programs/unsteady.mjs', import.meta.url));

let directory: string;
let server: Server;
let endpoint: string;
/** What the server got: path and body. */
let sent: { path: string; key: string; body: string }[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xray-replay-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      sent.push({ path: request.url ?? '', key: String(request.headers['x-api-key']), body });
      response.end(JSON.stringify({ id: 'run-1' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  endpoint = `http://127.0.0.1:${String(address.port)}`;
  await writeFile(join(directory, 'counts.ndjson'), lines('counts', [1, 2, 3, 4, 5, 6]));
  await writeFile(join(directory, 'remembers.ndjson'), lines('remembers', [1, 2, 3, 4]));
});
beforeEach(() => {
  sent = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

function lines(pipeline: string, numbers: number[]): string {
  return numbers
    .map((n): Snapshot => ({
      executionId: `e${String(n)}`,
      appId: 'app',
      pipeline,
      input: { n },
      decision: { outcome: 'yes' },
      status: 'completed',
      startedAt: '2026-11-01T00:00:00.000Z',
      steps: [],
    }))
    .map((snapshot) => `${JSON.stringify({ snapshot })}\n`)
    .join('');
}

async function run(name: string, ...args: string[]): Promise<{ code: number; report: Report }> {
  let out = '';
  const code = await main(
    [
      'run',
      join(directory, name),
      '--config',
      CONFIG,
      '--json',
      '-',
      '--concurrency',
      '1',
      ...args,
    ],
    {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: () => undefined },
      env: { XRAY_ENDPOINT: endpoint, XRAY_API_KEY: 'xr_test' },
    },
  );
  return { code, report: JSON.parse(out) as Report };
}

test('a flip that not each repetition shows is flaky, and in no gate', async () => {
  const { report } = await run('counts.ndjson', '--repeat', '2');
  const flaky = report.results.filter((result) => result.flaky);
  expect(flaky.map(({ executionId }) => executionId)).toEqual(['e1', 'e2', 'e3', 'e4']);
  expect(flaky[0]).toMatchObject({
    verdict: 'undecided',
    why: 'flaky: 1 of 2 replays flipped',
    flaky: { flips: 1, of: 2 },
  });
  expect(report).toMatchObject({ flaky: 4, counts: { same: 2, flipped: 0, undecided: 4 } });
  expect(report.gate).toMatchObject([{ found: 0, holds: true }]);
});

test('a result that depends on the order is unstable', async () => {
  const { report } = await run('remembers.ndjson', '--shuffle');
  const unstable = report.results.filter(({ why }) => why?.startsWith('unstable'));
  expect(unstable.map(({ executionId }) => executionId)).toEqual(['e2', 'e3']);
});

test('stores changed results and the report', async () => {
  const { report } = await run('counts.ndjson', '--store', '--name', 'a branch');
  const [start, results, finish] = sent;
  expect(sent.map(({ path }) => path)).toEqual([
    '/api/apps/app/replays',
    '/api/apps/app/replays/run-1/results',
    '/api/apps/app/replays/run-1/finish',
  ]);
  expect(sent.map(({ key }) => key)).toEqual(['xr_test', 'xr_test', 'xr_test']);
  expect(newReplayRunSchema.parse(JSON.parse(start?.body ?? ''))).toMatchObject({
    name: 'a branch',
    pipelines: ['counts', 'remembers'],
  });
  const stored = (results?.body ?? '')
    .trim()
    .split('\n')
    .map((line) => replayLineSchema.parse(JSON.parse(line)));
  expect(stored.map(({ result }) => result)).toEqual(
    report.results.filter(({ verdict }) => verdict === 'flipped'),
  );
  expect(stored[0]?.snapshot?.decision?.outcome).toBe('no');
  const { results: _results, code: _code, ...rest } = report;
  expect(rest).toMatchObject(replayReportSchema.parse(JSON.parse(finish?.body ?? '')));
});

test('stores all results on request, and needs a key', async () => {
  await run('counts.ndjson', '--store', 'all');
  expect(sent[1]?.body.trim().split('\n')).toHaveLength(6);
  let err = '';
  const code = await main(
    ['run', join(directory, 'counts.ndjson'), '--config', CONFIG, '--store'],
    {
      stdout: { write: () => undefined },
      stderr: { write: (text: string) => (err += text) },
      env: {},
    },
  );
  expect(code).toBe(2);
  expect(err).toContain('Set XRAY_API_KEY');
});
