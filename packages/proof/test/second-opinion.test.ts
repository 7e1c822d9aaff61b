import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, Frontier, hashLeaves, TILE_WIDTH, tileOf, tilePath } from '../src/index.js';
import { nodeHashes } from '../src/node/index.js';
import { LogMaker } from './support/log-maker.js';

const hasGo = spawnSync('go', ['version']).status === 0;
const isFull = process.env.XRAY_TEST_FULL !== undefined;

// An implementation that we did not write: golang.org/x/mod/sumdb. Building it takes seconds and the Go
// module proxy, so it runs with `npm run test:full`.
describe.skipIf(!hasGo || !isFull)('Go, where it is installed, with npm run test:full', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'x-ray-go-'));
  const program = path.join(folder, 'second-opinion');

  beforeAll(() => {
    const cwd = path.join(import.meta.dirname, 'go');
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };
    execFileSync('go', ['build', '-o', program, '.'], { cwd, env, timeout: 120_000 });
  }, 130_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([1, 2, 255, 256, 257, 1000, 66_000])(
    'reads the checkpoint and tiles of a log with %i entries',
    async (size) => {
      const log = await LogMaker.open();
      while (log.entries.length < size) {
        log.control({ type: 'account', at: log.at, writers: [log.entries.length] });
      }
      const out = path.join(folder, String(size));
      await writeLog(log, out);
      const leaves = [0, size >> 1, size - 1].map(String);
      expect(execFileSync(program, [out, log.vkey, ...leaves], { encoding: 'utf8' })).toBe(
        `${log.key.name} ${size} 3\n`,
      );
      const other = await LogMaker.open();
      const refused = spawnSync(program, [out, other.vkey], { encoding: 'utf8' });
      expect(refused.stderr).toContain('note has no verifiable signatures');
    },
    60_000,
  );
});

async function writeLog(log: LogMaker, folder: string): Promise<void> {
  const tiles = new Map<string, { level: number; index: number; hashes: Uint8Array[] }>();
  const leaves = await hashLeaves(nodeHashes, log.entries);
  await new Frontier().append(nodeHashes, leaves, (level, index, hash) => {
    if (level % 8 !== 0) return;
    const at = tileOf({ level, index });
    const key = `${at.level}/${at.index}`;
    const tile = tiles.get(key) ?? { ...at, hashes: [] };
    tile.hashes.push(hash);
    tiles.set(key, tile);
  });
  for (const { level, index, hashes } of tiles.values()) {
    const widths = hashes.length === TILE_WIDTH ? [TILE_WIDTH] : [hashes.length];
    for (const width of widths) {
      const file = path.join(folder, tilePath(level, index, width));
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, concat(...hashes));
    }
  }
  writeFileSync(path.join(folder, 'checkpoint'), await log.sign());
}
