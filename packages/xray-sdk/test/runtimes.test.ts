import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { snapshotSchema } from '@xray/core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { type Sink, startSink } from './sink.js';

const isFull = process.env['CI'] === 'true' || process.env['XRAY_TEST_FULL'] === '1';
const isEverywhere =
  process.env['XRAY_TEST_RUNTIMES'] === '1' || process.env['XRAY_TEST_FULL'] === '1';
const PROGRAM = fileURLToPath(new URL('programs/conformance.mjs', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const run = promisify(execFile);

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  await sink.close();
});

/**
 * The report and the snapshots expected of a runtime. `hasContext`: `current()` follows asynchronous calls.
 */
function conforming(hasContext: boolean) {
  return {
    report: {
      outcome: false,
      isFlushed: true,
      isShutDown: true,
      recorded: 1,
      delivered: 1,
      queued: 0,
    },
    isCompressed: true,
    isLeaking: false,
    snapshots: [
      expect.objectContaining({
        status: 'completed',
        decision: { outcome: 'declined', adverse: true, reasons: [{ code: 'LOW', ruleId: 'min' }] },
        steps: [
          expect.objectContaining({ output: { score: 750, password: '[redacted]', big: '10' } }),
          expect.objectContaining({ name: 'rules', output: false }),
          expect.objectContaining({ name: 'long' }),
        ],
        ...(hasContext ? { tags: ['context'] } : {}),
      }),
    ],
  };
}

/** The report of the runtime together with the sink's requests. */
function observed(report: unknown) {
  const [request] = sink.requests;
  return {
    report,
    isCompressed: request?.headers['content-encoding'] !== undefined,
    isLeaking: request?.text.includes('hunter2'),
    snapshots: sink.snapshots.map((each) => snapshotSchema.parse(each)),
  };
}

/** Runs the conformance program with a runtime from the npm registry. */
async function conform(command: string, args: string[]) {
  const { stdout } = await run(command, [...args, PROGRAM], {
    cwd: tmpdir(),
    env: { ...process.env, XRAY_ENDPOINT: sink.endpoint },
  });
  return observed(JSON.parse(stdout));
}

/** workerd resolves no packages: its modules have plain names, and only a handler may use the network. */
async function writeWorker(dir: string): Promise<string> {
  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  const names = (await readdir(dist)).filter(
    (name) => name.endsWith('.js') && !/^(?:ai|express|platform-node|replay|spool)/.test(name),
  );
  for (const name of names) {
    const script = await readFile(join(dist, name), 'utf8');
    await writeFile(join(dir, name), script.replaceAll('"#platform"', '"./platform-web.js"'));
  }
  const program = await readFile(PROGRAM, 'utf8');
  const body = program.replace(/^import .*$/m, '');
  await writeFile(
    join(dir, 'worker.js'),
    `import { XRaySDK } from './index.js';
    globalThis.conformance = ${JSON.stringify({ endpoint: sink.endpoint })};
    export default { async test() { ${body}
      console.log(JSON.stringify(globalThis.conformance.report)); } };`,
  );
  const modules = ['worker.js', ...names].map(
    (name) => `(name = "${name}", esModule = embed "${name}")`,
  );
  const config = join(dir, 'config.capnp');
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (services = [
      (name = "main", worker = (modules = [${modules.join(', ')}],
        compatibilityDate = "2026-01-01", compatibilityFlags = ["nodejs_compat"])),
      (name = "internet", network = (allow = ["private", "local"])),
    ]);`,
  );
  return config;
}

test('this Node conforms', async () => {
  expect(await conform(process.execPath, [])).toEqual(conforming(true));
});

describe.skipIf(!isFull && !isEverywhere)(
  'downloaded Node versions (only in CI or with XRAY_TEST_FULL=1)',
  () => {
    test.each(['18', '20', '22', '24'])(
      '%s conforms',
      async (version) => {
        expect(await conform('npx', ['-y', '-p', `node@${version}`, 'node'])).toEqual(
          conforming(true),
        );
      },
      120_000,
    );
  },
);

describe.skipIf(!isEverywhere)(
  'other runtimes (downloads them: npm run test:runtimes, XRAY_TEST_FULL=1)',
  () => {
    test('Bun conforms', async () => {
      expect(await conform('npx', ['-y', '-p', 'bun', 'bun', 'run'])).toEqual(conforming(true));
    }, 120_000);

    test('workerd conforms', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'xray-workerd-'));
      try {
        const config = await writeWorker(dir);
        const args = ['-y', '-p', 'workerd', 'workerd', 'test', config];
        const { stdout } = await run('npx', args, { cwd: tmpdir() });
        expect(observed(JSON.parse(stdout))).toEqual(conforming(true));
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    }, 120_000);

    test('Deno conforms', async () => {
      expect(await conform('npx', ['-y', '-p', 'deno', 'deno', 'run', '--allow-all'])).toEqual(
        conforming(true),
      );
    }, 120_000);
  },
);

const PAGE = `<!doctype html>
<script type="importmap">
  { "imports": { "@xray/sdk": "/dist/index.js", "#platform": "/dist/platform-web.js" } }
</script>
<script type="module" src="/program.mjs"></script>`;

/** Serves the page, the program and the built package, without a bundler. */
async function servePage(): Promise<{ url: string; close: () => void }> {
  const server = createServer(({ url = '/' }, response) => {
    if (url === '/') {
      response.setHeader('content-type', 'text/html').end(PAGE);
      return;
    }
    const path =
      url === '/program.mjs' ? PROGRAM : fileURLToPath(new URL(`..${url}`, import.meta.url));
    response.setHeader('content-type', 'text/javascript');
    readFile(path).then(
      (script) => response.end(script),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}/`, close: () => server.close() };
}

describe.skipIf(CHROMIUM === undefined)('Chromium (apt-get install chromium)', () => {
  let browser: Browser;
  let page: Awaited<ReturnType<typeof servePage>>;

  beforeAll(async () => {
    page = await servePage();
    const args = ['--no-sandbox', '--disable-quic'];
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    page.close();
  });

  /** Opens a tab and waits until the conformance program has run there. */
  async function openTab(): Promise<Page> {
    const tab = await browser.newPage();
    await tab.addInitScript(
      `globalThis.conformance = ${JSON.stringify({ endpoint: sink.endpoint })}`,
    );
    await tab.goto(page.url);
    await tab.waitForFunction('globalThis.conformance.report');
    return tab;
  }

  test('conforms, from another origin', async () => {
    const tab = await openTab();
    const report = await tab.evaluate('globalThis.conformance.report');
    expect(observed(report)).toEqual(conforming(false));
  }, 60_000);

  // A browser on a busy machine may drop the request of a closed page, since it makes no guarantee.
  test(
    'delivers the flush of a closing page by keepalive',
    { retry: 6, timeout: 60_000 },
    async () => {
      const tab = await openTab();
      await tab.evaluate(`(async () => {
      const { XRaySDK } = await import('@xray/sdk');
      const { endpoint } = globalThis.conformance;
      const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'leaving', endpoint });
      addEventListener('pagehide', () => {
        xray.run((execution) => execution.decide('left'));
        void xray.flush();
      });
    })()`);
      let allow = (): void => {};
      sink.preflight = new Promise((resolve) => (allow = resolve));
      await tab.goto('about:blank');
      await tab.close();
      // The page closed before it could post. Only a request with `keepalive` continues.
      allow();
      await vi.waitFor(() => expect(sink.snapshots.at(-1)).toMatchObject({ pipeline: 'leaving' }), {
        timeout: 6_000,
      });
    },
  );
});
