import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packEntries } from '../src/index.js';
import { main } from '../src/node/index.js';
import { LogMaker, type Folder } from './support/log-maker.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function sealed(): Promise<LogMaker> {
  const log = await LogMaker.open();
  await log.seal([{ id: 'a' }, { id: 'b' }]);
  return log;
}

function written(folder: Folder): string {
  const where = mkdtempSync(path.join(os.tmpdir(), 'x-ray-export-'));
  folders.push(where);
  writeFileSync(path.join(where, 'checkpoint'), folder.checkpoint);
  writeFileSync(path.join(where, 'entries'), packEntries(folder.entries));
  writeFileSync(
    path.join(where, 'records.ndjson'),
    folder.lines.map((line) => `${line}\n`).join(''),
  );
  writeFileSync(path.join(where, 'about.json'), JSON.stringify(folder.about));
  return where;
}

async function run(...argv: string[]) {
  const [out, err]: string[][] = [[], []];
  const io = {
    stdout: { write: (text: string) => out?.push(text) },
    stderr: { write: (text: string) => err?.push(text) },
    now: () => Date.parse('2026-11-03T00:00:00Z'),
  };
  return { code: await main(argv, io), out: out?.join(''), err: err?.join('') };
}

describe('xray-proof verify', () => {
  it('exits with 0 and says what is proved, at which level, and what is not', async () => {
    const log = await sealed();
    const { code, out } = await run('verify', written(await log.export()), '--key', log.vkey);
    expect(code).toBe(0);
    expect(out).toContain('Sound: nothing in this export contradicts the log');
    expect(out).toContain('own signature only');
    expect(out).toContain('2 intact');
    expect(out).toContain('Not proved');
  });

  it('exits with 1 and names the leaf and the time', async () => {
    const log = await sealed();
    const folder = written(await log.export({ lines: log.lines(({ leaf }) => leaf === 2) }));
    const { code, out } = await run('verify', folder, '--key', log.vkey);
    expect(code).toBe(1);
    expect(out).toContain('missing leaf 3 (sealed 2026-11-01T00:00:00.000Z)');
    const json = await run('verify', folder, '--key', log.vkey, '--json');
    expect(JSON.parse(json.out ?? '')).toMatchObject({
      isSound: false,
      findings: [{ problem: 'missing', leaf: 3 }],
    });
  });

  it('keeps the state, and finds a shortened log with it', async () => {
    const log = await sealed();
    const keep = path.join(os.tmpdir(), `x-ray-keep-${process.pid}.json`);
    folders.push(keep);
    const first = await run(
      'verify',
      written(await log.export()),
      '--key',
      log.vkey,
      '--keep',
      keep,
    );
    expect(first.code).toBe(0);
    log.entries.pop();
    log.stored.delete('b');
    const again = await run(
      'verify',
      written(await log.export()),
      '--key',
      log.vkey,
      '--keep',
      keep,
    );
    expect(again.code).toBe(1);
    expect(again.out).toContain('rollback');
  });

  it('reports files that belong to no export', async () => {
    const log = await sealed();
    const folder = written(await log.export());
    writeFileSync(path.join(folder, 'extra.sql'), '');
    const { code, out } = await run('verify', folder, '--key', log.vkey);
    expect(code).toBe(1);
    expect(out).toContain('extra.sql belongs to no export');
  });

  it.each([
    [['verify'], 'Name one folder.'],
    [['verify', '/nowhere'], 'Give the public key'],
    [['verify', '/nowhere', '--key', 'nonsense'], '"nonsense" is neither'],
    [['verify', '/nowhere', '--key', 'a+00000000+AAAA'], 'Cannot tell'],
    [['sign'], 'There is no command "sign".'],
    [['verify', 'x', '--keys', 'y'], 'Unknown option'],
    [['verify', 'x', '--key', 'a+00000000+AAAA', '--max-age', 'soon'], '--max-age is a time'],
  ])('exits with 2 for %j', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
