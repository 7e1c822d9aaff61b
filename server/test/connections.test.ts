import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { API_KEY, newPlace, type Place } from './support/databases.js';
import { list, postOk, statusWith } from './support/http.js';
import { isInstalled, startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const canLimit = process.platform === 'linux' && isInstalled('prlimit');

async function freshPlace(): Promise<Place> {
  const place = await newPlace('pglite');
  onTestFinished(() => place.remove());
  return place;
}

/** Requests the status on a new connection. */
async function statusOf(url: string): Promise<number> {
  return await statusWith(url, { connection: 'close' });
}

test.skipIf(process.platform === 'win32')(
  'a limit on open files that is too low stops the start with a message',
  async () => {
    const { env } = await freshPlace();
    const start = `ulimit -n 150 && exec "$0" "$@"`;
    const child = spawn('sh', ['-c', start, process.execPath, CLI, 'start'], {
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^xray: This process may open 150 files.*ulimit -n 4096/);
    expect(stderr).not.toContain('    at ');
  },
);

// This needs Linux' prlimit, which lowers the limit of a running server.
test.skipIf(!canLimit)(
  'idle connections of one client are closed for a new request, and the log says so',
  async () => {
    const server = await startProcess(await freshPlace(), { XRAY_INIT_API_KEY: API_KEY });
    const { pid } = server.child;
    // The database opens files when it first writes and reads.
    await postOk(server.url, snapshot());
    await list(server.url);
    const used = readdirSync(`/proc/${pid}/fd`).length;
    execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${used + 25}`]);
    const { hostname, port } = new URL(server.url);
    const idle: Socket[] = [];
    for (let i = 0; i < 120; i++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      idle.push(socket);
      await once(socket, 'connect');
    }
    // A burst can fill the last descriptors before the server has closed an idle connection.
    await expect.poll(() => statusOf(`${server.url}/health`).catch(() => 0)).toBe(200);
    for (let i = 0; i < 3; i++) expect(await statusOf(`${server.url}/health`)).toBe(200);
    for (const socket of idle) socket.destroy();
    await server.end('SIGTERM');
    const warnings = (await server.log)
      .split('\n')
      .filter((line) => line.includes('the limit on connections is reached'));
    // There is one line for the shortage, not one for each connection.
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0] ?? '')).toMatchObject({ level: 40, ip: '127.0.0.1' });
  },
);
