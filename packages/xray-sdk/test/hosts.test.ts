import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ENTRIES } from '../entries.mjs';
import { type Sink, startSink } from './sink.js';

const isFull = process.env['XRAY_TEST_FULL'] === '1' || process.env['XRAY_TEST_RUNTIMES'] === '1';
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url));
const LOADED = { isFlushed: true, loaded: ENTRIES.map(({ name }) => name) };
const TYPESCRIPTS = { '4.9': '4.9.5', '5.0': '5.0.4', '5.6': '5.6.3', '5.9': '5.9.3' };
const TOOLS = [
  'jest@29.7.0',
  'jest-environment-jsdom@29.7.0',
  'webpack@5.99.9',
  'vite@6.3.5',
  '@types/node@18.19.100',
  ...Object.entries(TYPESCRIPTS).map(([name, version]) => `ts${name}@npm:typescript@${version}`),
];
const run = promisify(execFile);

/** A project with the packed SDK and the tools of its hosts from the registry. */
describe.skipIf(!isFull)('in a project of a host (downloads tools: XRAY_TEST_FULL=1)', () => {
  let dir: string;
  let sink: Sink;

  beforeAll(async () => {
    sink = await startSink();
    dir = await mkdtemp(join(tmpdir(), 'xray-host-'));
    await writeFile(join(dir, 'package.json'), '{"name":"host","private":true}');
    const npm = (args: string[], cwd: string) => run('npm', args, { cwd, maxBuffer: 1e8 });
    await npm(['pack', '--silent', '--pack-destination', dir], PACKAGE);
    const packed = join(dir, 'xray-sdk-0.1.0.tgz');
    await npm(['install', '--no-audit', '--no-fund', packed, ...TOOLS], dir);
    for (const name of ['entries.mjs', 'entries.cjs']) {
      await cp(join(PROGRAMS, name), join(dir, name));
    }
  }, 600_000);

  afterAll(async () => {
    await sink.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function inHost(command: string, args: string[]): Promise<string> {
    const env = { ...process.env, XRAY_ENDPOINT: sink.endpoint };
    const { stdout } = await run(command, args, { cwd: dir, env, maxBuffer: 1e8 });
    return stdout;
  }

  const bin = (path: string): string => join(dir, 'node_modules', path);

  const runtimes: [string, string[], string[]][] = [
    ...['18', '20', '22', '24'].map((version): [string, string[], string[]] => [
      `Node ${version}`,
      ['-y', '-p', `node@${version}`, 'node'],
      ['entries.mjs', 'entries.cjs'],
    ]),
    ['Bun', ['-y', '-p', 'bun', 'bun', 'run'], ['entries.mjs', 'entries.cjs']],
    ['Deno', ['-y', '-p', 'deno', 'deno', 'run', '-A'], ['entries.mjs', 'entries.cjs']],
  ];

  test.each(runtimes)(
    '%s loads every entry with import and with require, and delivers',
    async (_name, command, programs) => {
      for (const program of programs) {
        const said = await inHost('npx', [...command, join(dir, program)]);
        expect(JSON.parse(said)).toEqual(LOADED);
      }
    },
    240_000,
  );

  test.each(['18', '20', '22', '24'])(
    'Node %s delivers at a crash',
    async (version) => {
      await cp(join(PROGRAMS, 'failed-end.mjs'), join(dir, 'failed-end.mjs'));
      const program = join(dir, 'failed-end.mjs');
      for (const way of ['throw in run', 'reject in run', 'handle the error and exit']) {
        const before = sink.snapshots.length;
        const env = { ...process.env, XRAY_ENDPOINT: sink.endpoint, WAY: way, EXECUTIONS: '2' };
        const args = ['-y', '-p', `node@${version}`, 'node', program];
        await expect(run('npx', args, { cwd: dir, env })).rejects.toMatchObject({
          stdout: expect.stringContaining('"queued":0'),
        });
        expect(sink.snapshots.length).toBe(before + 2);
      }
    },
    240_000,
  );

  test.each(['node', 'jsdom'])(
    'Jest loads every entry with require in the environment %s',
    async (environment) => {
      await writeFile(
        join(dir, 'entries.test.js'),
        `test('loads', async () => {
          const { XRaySDK } = require('@xray/sdk');
          expect(typeof require('@xray/sdk/ai').xrayAiMiddleware).toBe('function');
          expect(typeof require('@xray/sdk/express').xrayMiddleware).toBe('function');
          expect(typeof require('@xray/sdk/spool').spool).toBe('function');
          const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'jest' });
          expect(xray.run((ex) => ex.step('one', () => 5))).toBe(5);
          expect(xray.stats()).toMatchObject({ recorded: 1, dropped: {} });
          await xray.flush(1_000);
        });`,
      );
      const args = ['--env', environment, '--json', '--silent', 'entries.test.js'];
      const said = await inHost(process.execPath, [bin('jest/bin/jest.js'), ...args]);
      expect(JSON.parse(said)).toMatchObject({ numPassedTests: 1, numFailedTests: 0 });
    },
    120_000,
  );

  const webpackScript = `
    const webpack = require('webpack');
    const [target, program] = process.argv.slice(1);
    const entry = require('node:path').resolve(program);
    const output = { path: process.cwd() + '/out', filename: 'webpack.cjs' };
    webpack({ mode: 'development', devtool: false, target, entry, output }, (error, stats) => {
      if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); }
    });`;

  test.each([
    ['web', 'entries.mjs'],
    ['web', 'entries.cjs'],
    ['webworker', 'entries.mjs'],
    ['webworker', 'entries.cjs'],
    ['node', 'entries.mjs'],
    ['node', 'entries.cjs'],
  ])(
    'webpack for %s bundles %s, and the bundle delivers',
    async (target, program) => {
      await inHost(process.execPath, ['-e', webpackScript, target, program]);
      const said = await inHost(process.execPath, [join(dir, 'out', 'webpack.cjs')]);
      expect(JSON.parse(said)).toEqual(LOADED);
    },
    120_000,
  );

  test.each(['entries.mjs', 'entries.cjs'])(
    'Vite bundles %s for a page, and the bundle delivers',
    async (program) => {
      const script = `
        import { build } from 'vite';
        await build({ configFile: false, logLevel: 'error', build: { target: 'es2022', outDir: 'out/vite', emptyOutDir: true,
          rollupOptions: { input: ${JSON.stringify(program)}, output: { entryFileNames: 'vite.mjs' } } } });`;
      await inHost(process.execPath, ['--input-type=module', '-e', script]);
      const said = await inHost(process.execPath, [join(dir, 'out', 'vite', 'vite.mjs')]);
      expect(JSON.parse(said)).toEqual(LOADED);
    },
    120_000,
  );

  const modules: [string, string, string][] = [
    ['node10', 'commonjs', '4.9'],
    ['node16', 'node16', '4.9'],
    ['nodenext', 'nodenext', '4.9'],
    ['bundler', 'es2022', '5.0'],
  ];
  const compilers = Object.keys(TYPESCRIPTS).flatMap((version) =>
    modules
      .filter(([, , since]) => version >= since)
      .map(([resolution, module]): [string, string, string] => [version, resolution, module]),
  );

  test.each(compilers)(
    'TypeScript %s finds the types of every entry under moduleResolution %s, and checks them',
    async (version, resolution, module) => {
      await mkdir(join(dir, 'typed'), { recursive: true });
      await writeFile(join(dir, 'typed', 'host.ts'), HOST);
      const args = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom'];
      args.push('--types', 'node', '--esModuleInterop', '--module', module, '--moduleResolution');
      args.push(resolution === 'node10' ? 'node' : resolution, join('typed', 'host.ts'));
      const said = await inHost(process.execPath, [bin(`ts${version}/bin/tsc`), ...args]);
      expect(said).toBe('');
    },
    120_000,
  );

  test('the packed package holds every file that it names', async () => {
    const manifest = await readFile(bin('@xray/sdk/package.json'), 'utf8');
    const paths = [...manifest.matchAll(/"(\.\/dist\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) {
      await expect(readFile(bin(join('@xray/sdk', path)), 'utf8')).resolves.not.toBe('');
    }
  });
});

const HOST = `
import XRaySDK, { type XRayOptions } from '@xray/sdk';
import { xrayAiMiddleware } from '@xray/sdk/ai';
import { xrayMiddleware } from '@xray/sdk/express';
import { spool } from '@xray/sdk/spool';

const options: XRayOptions = { appId: 'a', pipeline: 'p', spool: spool({ dir: '/tmp' }) };
const xray = new XRaySDK(options);
export const loaded = [xrayMiddleware(xray, { start: () => ({}) }), xrayAiMiddleware(xray)];
export const result: number = xray.run((execution) => execution.step('one', () => 1));
`;
