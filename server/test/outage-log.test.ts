import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { OutageLog } from '#server/outage-log.js';
import { API_KEY, newPlace } from './support/databases.js';
import { post } from './support/http.js';
import { startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

interface Line {
  level: number;
  msg: string;
  failures?: number;
}

test('an outage is logged when it begins, once a minute, and when it is over', () => {
  const lines: Line[] = [];
  let now = 0;
  const log = new OutageLog(
    pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line) as Line) }),
    () => now,
  );
  const gone = new Error('gone');
  log.succeeded();
  for (; now < 150_000; now += 100) {
    log.failed(gone, 'the database is gone');
    // With a full disk, reads still succeed.
    log.succeeded();
  }
  now += 60_000;
  log.succeeded();
  log.succeeded();
  log.failed(gone, 'the database is gone');
  expect(lines.map(({ msg, failures }) => [msg, failures])).toEqual([
    ['the database is unavailable', undefined],
    ['the database is still unavailable', 601],
    ['the database is still unavailable', 1_201],
    ['the database is available again', 1_500],
    ['the database is unavailable', undefined],
  ]);
});

test('the log does not grow with the requests that an outage refuses', async () => {
  const place = await newPlace('postgres');
  const target = new URL(place.env.DATABASE_URL ?? '');
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    const database = connect(Number(target.port), target.hostname);
    for (const end of [socket, database]) {
      sockets.add(end);
      end.on('error', () => {}).on('close', () => end.destroy());
    }
    socket.pipe(database).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  const env = { DATABASE_URL: url.href, XRAY_INIT_API_KEY: API_KEY };
  const server = await startProcess(place, env);
  onTestFinished(() => place.remove());
  expect((await post(server.url, snapshot())).status).toBe(202);
  proxy.close();
  for (const socket of sockets) socket.destroy();
  const statuses = new Set<number>();
  for (let n = 0; n < 40; n++) {
    statuses.add((await post(server.url, snapshot())).status);
    await fetch(`${server.url}/ready`);
  }
  expect(statuses).toEqual(new Set([503]));
  await server.end('SIGTERM');
  const lines = (await server.log).trimEnd().split('\n');
  const errors = lines.map((line) => JSON.parse(line) as Line).filter(({ level }) => level >= 40);
  expect(errors.map(({ msg }) => msg)).toEqual(['the database is unavailable']);
});
