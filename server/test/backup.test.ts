import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startServer } from '#server/main.js';
import { API_KEY, configFor, newPlace, type DriverName, type Place } from './support/databases.js';
import { detail, list, post, postOk } from './support/http.js';
import { callCli, startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';
import { executionsByTable } from './support/tables.js';

// The test runs many commands, each of which opens its database.
vi.setConfig({ testTimeout: 180_000 });

const WRITERS = 4;

async function freshPlace(driver: DriverName): Promise<Place> {
  const place = await newPlace(driver);
  onTestFinished(() => place.remove());
  return place;
}

async function newFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-test-backup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'backup.tar.gz');
}

async function run(place: Place, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await callCli(place, args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function backupOfOne(): Promise<{ file: string; executionId: string }> {
  const place = await freshPlace('pglite');
  const server = await startServer(configFor(place));
  const sent = snapshot();
  await postOk(server.url, sent);
  await server.stop();
  const file = await newFile();
  await run(place, ['backup', file]);
  return { file, executionId: sent.executionId };
}

/** A compressed tar of empty entries. */
function archiveOf(...entries: ConstructorParameters<typeof Header>[0][]): Buffer {
  const blocks = entries.map((entry) => {
    const header = new Header({ type: 'File', size: 0, mode: 0o600, mtime: new Date(0), ...entry });
    header.encode();
    return header.block ?? Buffer.alloc(0);
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function contentsOf(place: Place): Promise<string[]> {
  return readdir(place.env.XRAY_DATA_DIR ?? '');
}

describe('xray backup', () => {
  test('under load contains everything acknowledged before it began, and no partial record', async () => {
    const place = await freshPlace('pglite');
    const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    const acknowledged: string[] = [];
    const over = new AbortController();
    const write = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const sent = snapshot();
        const { status } = await post(server.url, sent);
        if (status === 202) acknowledged.push(sent.executionId);
      }
    };
    const writers = Array.from({ length: WRITERS }, write);
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(50);
    const before = [...acknowledged];
    const file = await newFile();
    await run(place, ['backup', file]);
    const during = acknowledged.length - before.length;
    over.abort();
    await Promise.all(writers);
    // Ingest continued, and only the database is left.
    expect(during).toBeGreaterThan(0);
    const contents = async (): Promise<string[]> => (await contentsOf(place)).sort();
    await expect.poll(contents, { timeout: 10_000 }).toEqual(['auth-secret', 'db', 'xray.sock']);
    await server.end('SIGTERM');

    const restored = await freshPlace('pglite');
    await run(restored, ['restore', file]);
    const again = await startServer(configFor(restored));
    const stored = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(again.url, `?limit=200${cursor && `&cursor=${cursor}`}`);
      for (const { executionId } of page.items) stored.add(executionId);
      cursor = page.nextCursor;
    }
    expect(before.filter((id) => !stored.has(id))).toEqual([]);
    // The key that was in use during the backup still works, and the server takes more.
    await postOk(again.url, snapshot());
    await again.stop();
    const tables = await executionsByTable(restored);
    expect(new Set(Object.values(tables))).toEqual(new Set([stored.size + 1]));
  });

  test('overwrites no file, and refuses a Postgres', async () => {
    const { file } = await backupOfOne();
    const bytes = await readFile(file);
    const again = await callCli(await freshPlace('pglite'), ['backup', file]);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/The file .* already exists/);
    // toEqual would take half a minute for this many bytes.
    expect((await readFile(file)).equals(bytes)).toBe(true);
    const other = await newFile();
    const postgres = await callCli(await freshPlace('postgres'), ['backup', other]);
    expect(postgres.code).toBe(1);
    expect(postgres.stderr).toMatch(/pg_dump/);
    expect(await readdir(path.dirname(other))).toEqual([]);
  });
});

describe('xray restore', () => {
  test('refuses a data directory that is in use or not empty, and does not change it', async () => {
    const { file } = await backupOfOne();
    const place = await freshPlace('pglite');
    const server = await startServer(configFor(place));
    const sent = snapshot();
    await postOk(server.url, sent);
    const inUse = await callCli(place, ['restore', file]);
    expect(inUse.code).toBe(1);
    expect(inUse.stderr).toMatch(/in use by another running X-Ray/);
    await server.stop();
    const full = await callCli(place, ['restore', file]);
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/is not empty \(auth-secret, db\).*XRAY_DATA_DIR/);
    const again = await startServer(configFor(place));
    expect((await list(again.url)).items.map((item) => item.executionId)).toEqual([
      sent.executionId,
    ]);
    await again.stop();
    const postgres = await callCli(await freshPlace('postgres'), ['restore', file]);
    expect(postgres.code).toBe(1);
    expect(postgres.stderr).toMatch(/DATABASE_URL is set/);
  });

  test('restores nothing from a file that is incomplete, damaged, hostile or something else', async () => {
    const { file, executionId } = await backupOfOne();
    const bytes = await readFile(file);
    const damaged = Buffer.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    damaged.fill(0, middle, middle + 1000);
    const place = await freshPlace('pglite');
    const others: [Buffer, RegExp][] = [
      [bytes.subarray(0, middle), /not a complete backup/],
      [bytes.subarray(0, bytes.length - 4), /not a complete backup/],
      [damaged, /not a complete backup/],
      [Buffer.from('{"not":"a backup"}'), /not (?:a complete|a|an X-Ray) backup/],
      [gzipSync(Buffer.alloc(10_240)), /not (?:a complete|a|an X-Ray) backup/],
      [Buffer.alloc(0), /not (?:a complete|a|an X-Ray) backup/],
    ];
    for (const [content, reason] of others) {
      const other = await newFile();
      await writeFile(other, content);
      const { code, stderr } = await callCli(place, ['restore', other]);
      expect(stderr).toMatch(reason);
      expect(code).toBe(1);
      expect(await contentsOf(place)).toEqual([]);
    }
    const esc = '\u001B[2J\r\nfake';
    for (const entry of [
      { path: '../../x' },
      { path: '/etc/x' },
      { path: 'base/../../x' },
      { path: `../${esc}` },
      { path: 'base/link', type: 'SymbolicLink', linkpath: '/etc' },
      { path: 'base/hard', type: 'Link', linkpath: 'PG_VERSION' },
      { path: 'base/device', type: 'CharacterDevice' },
      { path: 'base/fifo', type: 'FIFO' },
      { path: 'PG_VERSION' },
      { path: 'PG_VERSION/inside' },
    ] as const) {
      const other = await newFile();
      await writeFile(other, archiveOf({ path: 'PG_VERSION' }, entry));
      const { code, stderr } = await callCli(place, ['restore', other]);
      expect(stderr).toMatch(/^xray: [^\n]*(?:not an X-Ray backup|could not be unpacked)[^\n]*\n$/);
      expect(code).toBe(1);
      expect(await contentsOf(place)).toEqual([]);
    }
    await run(place, ['restore', file]);
    const server = await startServer(configFor(place));
    expect((await detail(server.url, executionId)).snapshot.steps).toHaveLength(3);
    await server.stop();
  });
});
