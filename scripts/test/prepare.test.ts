import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parts } from '../parts.mjs';

const scripts = path.resolve(import.meta.dirname, '..');
let clone: string;

/** Each build copies its source and adds a line to a log, so that builds can be counted. */
const BUILD = `
import fs from 'node:fs';
import path from 'node:path';
const [name, ...outputs] = process.argv.slice(2);
const source = fs.readFileSync('source.txt', 'utf8');
if (source.includes('broken')) { console.error('cannot build ' + source); process.exit(1); }
for (const out of outputs) {
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, 'built.txt'), source);
}
fs.appendFileSync(process.env.BUILD_LOG, name + '\\n');
`;

beforeEach(() => {
  clone = fs.mkdtempSync(path.join(os.tmpdir(), 'x-ray-clone-'));
  fs.cpSync(scripts, path.join(clone, 'scripts'), {
    recursive: true,
    filter: (source) => !source.endsWith('test'),
  });
  write('build.mjs', BUILD);
  write('tsconfig.base.json', '{}');
  const root = {
    name: 'clone',
    version: '1.0.0',
    dependencies: { local: 'file:local' },
    devDependencies: { tool: 'file:tool' },
  };
  const packages = {
    '': root,
    local: { version: '1.0.0' },
    'node_modules/local': { resolved: 'local', link: true },
    tool: { version: '1.0.0', dev: true },
    'node_modules/tool': { resolved: 'tool', link: true, dev: true },
  };
  for (const name of ['local', 'tool']) {
    write(`${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }));
  }
  write('package.json', JSON.stringify({ ...root, private: true }));
  write(
    'package-lock.json',
    JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages }),
  );
  for (const { name, folder, outputs } of parts) {
    const up = folder
      .split('/')
      .map(() => '..')
      .join('/');
    write(`${folder}/source.txt`, `the first ${name}`);
    write(
      `${folder}/package.json`,
      JSON.stringify({ scripts: { build: `node ${up}/build.mjs ${name} ${outputs.join(' ')}` } }),
    );
  }
});

afterEach(() => fs.rmSync(clone, { recursive: true }));

describe('preparing a clone', () => {
  test('installs, builds every part after the parts that it needs, and then has nothing to do', async () => {
    const first = await prepare();
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toContain('npm ci');
    expect(builds().toSorted()).toEqual(parts.map(({ name }) => name).toSorted());
    expect(builds().indexOf('server')).toBeGreaterThan(builds().indexOf('core'));

    expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('rebuilds only a changed part and the parts that need it', async () => {
    await prepare();
    forgetBuilds();
    write('packages/core/source.txt', 'another core');

    await prepare();

    expect(builds().toSorted()).toEqual(['core', 'dashboard', 'otlp', 'replay', 'server']);
    expect(read('packages/core/dist/built.txt')).toBe('another core');
  });

  test('does not rebuild a file whose time alone changed', async () => {
    await prepare();
    forgetBuilds();
    fs.utimesSync(path.join(clone, 'server/source.txt'), 0, 0);

    await prepare();

    expect(builds()).toEqual([]);
  });

  test('rebuilds outputs that were deleted or overwritten by hand', async () => {
    await prepare();
    forgetBuilds();
    fs.rmSync(path.join(clone, 'server/dist/built.txt'));
    write('packages/xray-sdk/dist/built.txt', 'something else');

    await prepare();

    expect(builds().toSorted()).toEqual(['sdk', 'server']);
    expect(read('packages/xray-sdk/dist/built.txt')).toBe('the first sdk');
  });

  test('deletes outputs whose source was deleted', async () => {
    await prepare();
    write('packages/core/dist/gone.js', 'left over');
    fs.utimesSync(path.join(clone, 'packages/core/dist/gone.js'), 1, 1);

    await prepare();

    expect(fs.existsSync(path.join(clone, 'packages/core/dist/gone.js'))).toBe(false);
  });

  test('names the failed part, skips parts that need it, and retries the next time', async () => {
    write('packages/core/source.txt', 'broken');
    const failed = await prepare();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('building core failed:\ncannot build broken');
    expect(builds().toSorted()).toEqual(['examples', 'proof', 'sdk']);

    write('packages/core/source.txt', 'mended');
    expect((await prepare()).code).toBe(0);
    expect(builds()).toHaveLength(parts.length);
  });

  test('builds each part once if several processes start together', async () => {
    const all = await Promise.all([prepare(), prepare(), prepare()]);

    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(builds().toSorted()).toEqual(parts.map(({ name }) => name).toSorted());
  });

  test.skipIf(process.platform === 'win32')(
    'does not trust a lock in a folder that others can write to',
    async () => {
      const shared = path.join(clone, 'tmp');
      const folder = path.join(shared, `x-ray-prepare-${process.getuid?.()}`);
      fs.mkdirSync(folder, { recursive: true });
      fs.chmodSync(folder, 0o777);
      const { code, stderr } = await prepare([], undefined, { TMPDIR: shared });
      expect(code).toBe(1);
      expect(stderr).toContain('can be written by other users');
    },
  );

  test('takes over the lock of a killed process', async () => {
    const controller = new AbortController();
    const killed = prepare([], controller.signal);
    await until(() => fs.existsSync(path.join(clone, 'node_modules/.package-lock.json')));
    controller.abort();
    await killed;

    expect((await prepare()).code).toBe(0);
    expect(new Set(builds())).toEqual(new Set(parts.map(({ name }) => name)));
  });

  test('prepares only the named parts and what they need', async () => {
    await prepare(['server']);

    expect(builds().toSorted()).toEqual(['core', 'otlp', 'proof', 'server']);
  });

  test('leaves out the tools of tests and checks, and adds them when they are needed', async () => {
    const nothing = { code: 0, stdout: '', stderr: '' };
    const tool = path.join(clone, 'node_modules/tool');
    await prepare(['--without-tools']);
    expect(fs.existsSync(tool)).toBe(false);
    expect(await prepare(['--without-tools'])).toEqual(nothing);
    forgetBuilds();
    const lockfile = read('package-lock.json');

    await prepare();

    expect(fs.existsSync(tool)).toBe(true);
    expect(builds()).toEqual([]);
    expect(read('package-lock.json')).toBe(lockfile);
    expect(await prepare(['--without-tools'])).toEqual(nothing);
  });
});

async function prepare(
  names: string[] = [],
  signal?: AbortSignal,
  env: Record<string, string> = {},
) {
  const child = promisify(execFile)(process.execPath, ['scripts/prepare.mjs', ...names], {
    cwd: clone,
    env: { ...process.env, BUILD_LOG: path.join(clone, 'builds.log'), ...env },
    killSignal: 'SIGKILL',
    ...(signal ? { signal } : {}),
  });
  return await child.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      stdout: error.stdout,
      stderr: error.stderr,
    }),
  );
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function builds(): string[] {
  const log = path.join(clone, 'builds.log');
  return fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n') : [];
}

function forgetBuilds(): void {
  fs.rmSync(path.join(clone, 'builds.log'));
}

function read(file: string): string {
  return fs.readFileSync(path.join(clone, file), 'utf8');
}

function write(file: string, text: string): void {
  const full = path.join(clone, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
}
