import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** The script of a package that has a single command. */
function command(name: string): string {
  const path = require.resolve(`${name}/package.json`);
  const { bin } = require(path) as { bin: Record<string, string> };
  return join(path, '..', bin[name] ?? '');
}

async function read(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const names = files.map(({ name, parentPath }) => relative(dir, join(parentPath, name))).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
}

test('the API reference in docs/ matches the docstrings (npm run docs -w @xray/sdk)', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'xray-docs-'));
  try {
    await run(process.execPath, [command('typedoc'), '--out', dir], { cwd: PACKAGE });
    const settings = join(ROOT, '.oxfmtrc.json');
    await run(process.execPath, [command('oxfmt'), '-c', settings, dir], { cwd: ROOT });
    expect(await read(dir)).toEqual(await read(join(PACKAGE, 'docs')));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}, 120_000);
