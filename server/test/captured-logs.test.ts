import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject, onTestFinished, test } from 'vitest';
import { findLeaks, logFile, plant } from './support/canaries.js';
import { freshServer } from './support/databases.js';
import { fetchWithKey } from './support/http.js';

const TOKEN = 'Zf3kq0V9_aBcDeFgHiJkLm-n';

test.each([
  ['an API key', 'x-api-key: xr_0123456789AB_and_more'],
  ['what was recorded', 'detail: canary-payload'],
  ['a token of Clerk’s', 'bearer eyJhbGciOiJSUzI1NiJ9.e30.x'],
  ['the name of a session’s cookie', 'xray.session_token=gone'],
  ['the password of the database', 'postgres://postgres:postgres@127.0.0.1'],
  ['a planted token', `after ${TOKEN}`],
  ['a planted token within a longer word', `id=abcdefghijklmnop${TOKEN}qrst`],
  ['a planted phrase', 'said: a password of my own!'],
])('a log that contains %s is found, by file and line', async (_name, leak) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-leaks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  plant(folder, [TOKEN, 'a password of my own']);
  const [clean, leaking] = [logFile(folder, 'clean.test.ts'), logFile(folder, 'leak.test.ts')];
  await appendFile(clean, `${JSON.stringify({ requestId: crypto.randomUUID() })}\n`);
  await appendFile(leaking, `one\n${TOKEN.slice(1)}\n${leak}\nfour\n`);
  expect(await findLeaks(folder)).toEqual({
    leaks: [{ file: leaking, line: 3, text: leak }],
    lines: 5,
  });
});

test('the search includes the logs of this run’s servers', async () => {
  const server = await freshServer('postgres');
  const { lines } = await findLeaks(inject('logFolder'));
  await fetchWithKey(`${server.url}/api/apps`);
  await server.close();
  expect((await findLeaks(inject('logFolder'))).lines).toBeGreaterThan(lines);
});

test('a run whose tests all pass fails if a log contains a secret', async () => {
  const folder = path.join(import.meta.dirname, 'support/leaking-suite');
  const vitest = path.resolve(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  // The folder of its logs, so that the message can name the source of a secret.
  const logs = await mkdtemp(path.join(tmpdir(), 'xray-leaks-'));
  onTestFinished(() => rm(logs, { recursive: true }));
  const child = spawn(process.execPath, [vitest, 'run', '--root', folder], {
    env: { PATH: process.env.PATH, TMPDIR: logs, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exited,
  ]);
  expect(output).toMatch(/1 passed/);
  expect(output + errors).toMatch(/leaks\.log:\d+\n.*a planted leak/);
  expect(code).toBe(1);
});
