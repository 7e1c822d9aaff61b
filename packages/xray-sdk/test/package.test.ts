import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';

import { build, type Platform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { ENTRIES } from '../entries.mjs';
import { type Sink, startSink } from './sink.js';

const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../package.json', import.meta.url));
const LOADED = { isFlushed: true, loaded: ENTRIES.map(({ name }) => name) };
const run = promisify(execFile);

let sink: Sink;

beforeAll(async () => {
  sink = await startSink();
});

afterAll(async () => {
  await sink.close();
});

const ways = [
  ['import', 'entries.mjs'],
  ['require', 'entries.cjs'],
] as const;

/** The conditions in package.json, and whether each means a runtime without Node's modules. */
const conditions: Record<string, boolean> = {
  none: false,
  browser: true,
  workerd: true,
  'edge-light': true,
};

describe.each(Object.entries(conditions))(
  'under the condition %s, in Node, every entry loads and the client delivers',
  (condition, isWeb) => {
    test.each(ways)('with %s', async (_way, program) => {
      sink.requests.length = 0;
      const flags = condition === 'none' ? [] : [`--conditions=${condition}`];
      const env = { ...process.env, XRAY_ENDPOINT: sink.endpoint };
      const { stdout } = await run(process.execPath, [...flags, join(PROGRAMS, program)], { env });
      expect(JSON.parse(stdout)).toEqual(LOADED);
      // Only `fetch` sends this header.
      expect('sec-fetch-mode' in (sink.requests[0]?.headers ?? {})).toBe(isWeb);
    });
  },
);

/** Globals that every browser and edge runtime has, without those of Node. */
function webGlobals(log: (text: string) => void): object {
  const { fetch, crypto, URL, TextEncoder, TextDecoder, AbortController } = globalThis;
  const { performance, setTimeout, clearTimeout, Blob, Response, CompressionStream } = globalThis;
  const env = { XRAY_ENDPOINT: sink.endpoint };
  return {
    fetch,
    crypto,
    URL,
    TextEncoder,
    TextDecoder,
    AbortController,
    performance,
    setTimeout,
    clearTimeout,
    Blob,
    Response,
    CompressionStream,
    process: { env },
    console: { log, warn: console.warn },
  };
}

const platforms: Platform[] = ['browser', 'neutral'];

describe.each(platforms)(
  'bundled by esbuild for %s, every entry loads and delivers',
  (platform) => {
    test.each(ways)('with %s', async (_way, program) => {
      const { outputFiles } = await build({
        entryPoints: [join(PROGRAMS, program)],
        bundle: true,
        write: false,
        platform,
        // The package's own tsconfig would resolve to the sources.
        tsconfigRaw: {},
        // Only a module may use await at its top level.
        format: program.endsWith('.mjs') ? 'esm' : 'iife',
        logLevel: 'silent',
      });
      const script = outputFiles[0]?.text ?? '';
      const said = await new Promise<string>((resolve, reject) => {
        const context = createContext(webGlobals(resolve));
        const ended: unknown = runInContext(`(async () => { ${script} })()`, context);
        Promise.resolve(ended).catch(reject);
      });
      expect(JSON.parse(said)).toEqual(LOADED);
    });
  },
);

test('a page without encoders, crypto and fetch, as in jsdom, works and counts correctly', async () => {
  const { outputFiles } = await build({
    stdin: { contents: BARE, resolveDir: PROGRAMS },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  const { URL, performance, setTimeout, clearTimeout } = globalThis;
  const context = createContext({ URL, performance, setTimeout, clearTimeout });
  runInContext(outputFiles[0]?.text ?? '', context);
  const read = (name: string): unknown => runInContext(name, context);
  expect(read('result')).toBe(5);
  expect(read('xray.stats()')).toMatchObject({ recorded: 1, delivered: 0, queued: 1, dropped: {} });
  expect(read('new Set(ids).size')).toBe(100);
  await vi.waitFor(() => expect(read('xray.stats().retries')).toBeGreaterThan(0));
});

const BARE = `
  const { XRaySDK } = require('@xray/sdk');
  globalThis.xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'bare' });
  globalThis.result = xray.run((ex) => ex.step('one', { input: 'é \u{1F600} \uD800' }, () => 5));
  globalThis.ids = Array.from({ length: 100 }, () => xray.startExecution().id);
`;

test('the exports and the programs of this test follow entries.mjs (node exports.mjs)', async () => {
  const script = fileURLToPath(new URL('../exports.mjs', import.meta.url));
  await expect(run(process.execPath, [script, '--check'])).resolves.toMatchObject({ stderr: '' });
});

test('every target of the package has a file, a module for `import` and CommonJS for `require`', async () => {
  const { exports, imports } = JSON.parse(await readFile(PACKAGE, 'utf8')) as Targets;
  const all = targetsOf({ ...exports, ...imports });
  expect(all.length).toBeGreaterThan(20);
  for (const { path, conditions: chain } of all) {
    const isTypes = chain.includes('types');
    const isRequired = chain.includes('require');
    if (path.endsWith('package.json')) continue;
    const extension = `${isTypes ? '.d' : ''}${isRequired ? '.c' : '.'}${isTypes ? 'ts' : 'js'}`;
    expect(path.endsWith(extension), `${chain.join(' > ')}: ${path}`).toBe(true);
    await expect(readFile(join(PACKAGE, '..', path), 'utf8')).resolves.not.toBe('');
  }
});

test("the types need nothing beyond the host's own TypeScript", async () => {
  const { exports } = JSON.parse(await readFile(PACKAGE, 'utf8')) as Targets;
  for (const { path } of targetsOf(exports)) {
    if (!path.endsWith('ts')) continue;
    const text = await readFile(join(PACKAGE, '..', path), 'utf8');
    expect(text).not.toContain('Uint8Array<');
  }
});

interface Targets {
  exports: Record<string, unknown>;
  imports: Record<string, unknown>;
}

/** Lists every path with the chain of conditions that leads to it. */
function targetsOf(tree: unknown, chain: string[] = []): { path: string; conditions: string[] }[] {
  if (typeof tree === 'string') return [{ path: tree, conditions: chain }];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, below]) => targetsOf(below, [...chain, key]));
}
