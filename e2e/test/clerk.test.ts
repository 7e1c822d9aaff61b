import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import { launchBrowser, noBrowser } from '../browser.mjs';
import { startFakeClerk, type FakeClerk } from '../fake-clerk.mjs';
import { startFreshServer, type FreshServer } from '../fresh-server.mjs';
import {
  APP,
  createApp,
  createKey,
  findNothingToChange,
  inviteViewer,
  revokeKey,
  seeDecision,
  sendDecision,
} from './app-of-ones-own.js';
import { decideLoans } from './loans.js';

const DASHBOARD = path.resolve(import.meta.dirname, '../../apps/dashboard');
/**
 * The server's address as the separately hosted dashboard knows it. The browser resolves it to the real
 * server.
 */
const API = 'http://api.x-ray.example';
const BUILD_TIMEOUT_MS = 600_000;

let clerk: FakeClerk;
beforeAll(async () => {
  clerk = await startFakeClerk();
});
afterAll(() => clerk.close());

/** Opens browsers without a session, and collects the errors of their pages. */
async function openBrowser(args: string[] = []) {
  const browser = await launchBrowser(args);
  onTestFinished(() => browser.close());
  const complaints: string[] = [];
  const open = async (): Promise<{ page: Page; context: BrowserContext }> => {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
    await clerk.answerIn(context);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    return { page, context };
  };
  return { open, complaints };
}

async function signInWithClerk(page: Page, email: string): Promise<void> {
  const form = page.getByRole('form', { name: 'Clerk' });
  await form.getByLabel('Email address').fill(email);
  await form.getByRole('button', { name: 'Continue' }).click();
}

async function becomeAdministrator(page: Page, setupLink: string, email: string): Promise<void> {
  await page.goto(setupLink);
  await page.getByRole('button', { name: 'Sign in with Clerk' }).click();
  await signInWithClerk(page, email);
  await page.getByText(`You are signed in as ${email}`).waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.getByRole('button', { name: 'Become the administrator' }).click();
  await page.getByRole('button', { name: /^Account: / }).waitFor();
}

/**
 * Sees an execution arrive, and exports all executions as a file. Links and `EventSource` alone could not
 * send tokens.
 */
async function watchAndExport(page: Page, dashboard: string, server: FreshServer): Promise<void> {
  await decideLoans(server, [{ applicantId: '1001' }]);
  await page.goto(`${dashboard}/executions?app=${server.appId}&live=true`);
  await page.getByTitle('Live: new executions appear as they arrive').waitFor();
  const rows = page.getByRole('grid', { name: 'Executions' }).getByRole('link');
  await rows.first().waitFor();
  await decideLoans(server, [{ applicantId: '1002' }]);
  await page.getByRole('grid', { name: 'Executions' }).getByText('1002').first().waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('radio', { name: 'Complete records (NDJSON)' }).check();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog').getByRole('button', { name: 'Export' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${server.appId}.ndjson`);
  const lines = await text(await download.createReadStream());
  expect(lines.trimEnd().split('\n')).toHaveLength(2);
}

test.skipIf(noBrowser !== null)(
  'with Clerk, from the set-up link to a revoked key, and a guest who can only read and then leaves',
  async () => {
    const server = await startFreshServer(clerk.settings);
    onTestFinished(() => server.stop());
    const { open, complaints } = await openBrowser();
    const { page, context } = await open();
    await becomeAdministrator(page, server.setupLink ?? '', 'ada@example.org');
    expect(await context.cookies(server.url)).toEqual([]);

    await createApp(page, server.url);
    const apiKey = await createKey(page, server.url);
    expect(await sendDecision(server.url, apiKey)).toEqual([]);
    await seeDecision(page, server.url);
    const link = await inviteViewer(page, server.url);

    const { page: guest } = await open();
    const addresses: string[] = [];
    guest.on('request', (request) => addresses.push(request.url()));
    await guest.goto(link);
    await guest.getByRole('button', { name: 'Sign in with Clerk to join' }).click();
    await guest.getByRole('form', { name: 'Clerk' }).waitFor();
    expect(await accessibilityFaults(guest)).toEqual([]);
    await signInWithClerk(guest, 'vera@example.org');
    await guest.getByRole('button', { name: `Join ${APP}` }).click();
    await guest.getByRole('button', { name: 'Account: vera' }).waitFor();
    await seeDecision(guest, server.url);
    await findNothingToChange(guest, server.url);
    await guest.getByRole('button', { name: 'Account: vera' }).click();
    // The token of the invitation was in no address that a server received.
    const token = new URL(link).hash.slice(1);
    expect(addresses.filter((address) => address.split('#')[0]?.includes(token))).toEqual([]);
    await guest.getByRole('menuitem', { name: 'Sign out' }).click();
    await guest.getByRole('form', { name: 'Clerk' }).waitFor();

    await revokeKey(page, server.url);
    const [drop] = await sendDecision(server.url, apiKey);
    expect(drop).toMatchObject({ reason: 'unauthorized' });

    await watchAndExport(page, server.url, server);
    await page.goto(`${server.url}/settings?tab=people`);
    await page.getByText('vera@example.org').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`${server.url}/settings?tab=profile`);
    await page.getByRole('button', { name: 'Open your Clerk account' }).waitFor();
    expect(complaints).toEqual([]);
  },
);

test.skipIf(noBrowser !== null)('with Clerk’s host unreachable, pages say so', async () => {
  const server = await startFreshServer(clerk.settings);
  onTestFinished(() => server.stop());
  const { open } = await openBrowser();
  const { page, context } = await open();
  await context.unrouteAll();
  await context.route('https://clerk.example.dev/**', (route) => route.abort());
  await page.goto(server.url);
  const said = page.getByText('Clerk, which handles sign-in here, could not be reached');
  await said.first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/');
});

// This story builds the dashboard a second time, which takes too long for CI.
test.skipIf(noBrowser !== null || process.env['XRAY_TEST_FULL'] !== '1')(
  'a separately hosted dashboard sends tokens, and never a cookie',
  async () => {
    await promisify(execFile)('npm', ['run', 'build', '--silent'], {
      cwd: DASHBOARD,
      env: { ...process.env, NODE_ENV: 'production', NEXT_PUBLIC_API_BASE_URL: API },
    });
    const host = await serveFiles(path.join(DASHBOARD, 'out-apart'));
    onTestFinished(() => host.close());
    const server = await startFreshServer({
      ...clerk.settings,
      XRAY_PUBLIC_URL: API,
      XRAY_DASHBOARD_ORIGIN: host.url,
    });
    onTestFinished(() => server.stop());
    const { open, complaints } = await openBrowser([
      `--host-resolver-rules=MAP ${new URL(API).host} 127.0.0.1:${new URL(server.url).port}`,
    ]);
    const { page, context } = await open();
    const asked: Record<string, string>[] = [];
    context.on('request', (request) => {
      if (!request.url().startsWith(`${API}/api/`) || request.method() === 'OPTIONS') return;
      void request.allHeaders().then((headers) => asked.push(headers));
    });
    // The server's own cookie, which a browser may still have from an earlier visit.
    await context.addCookies([{ name: 'xray.session_token', value: 'stale', url: API }]);
    expect(server.setupLink?.startsWith(`${host.url}/setup#`)).toBe(true);
    await becomeAdministrator(page, server.setupLink ?? '', 'ada@example.org');
    await page.goto(`${host.url}/settings?tab=keys&app=${server.appId}`);
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('made apart');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Revoke the key made apart' }).waitFor();
    await watchAndExport(page, host.url, server);
    expect(asked.filter((headers) => headers['cookie'] !== undefined)).toEqual([]);
    expect(asked.some((headers) => headers['authorization']?.startsWith('Bearer ey'))).toBe(true);
    expect(asked.every((headers) => headers['origin'] === host.url)).toBe(true);
    expect(complaints).toEqual([]);
  },
  BUILD_TIMEOUT_MS,
);

/** Serves files like any static host, with page names without `.html`. */
async function serveFiles(folder: string): Promise<{ url: string; close: () => Promise<void> }> {
  const types: Record<string, string> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
  };
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost');
    const name = pathname === '/' ? '/index.html' : pathname;
    const file = path.extname(name) === '' ? `${name}.html` : name;
    readFile(path.join(folder, file)).then(
      (body) => res.setHeader('content-type', types[path.extname(file)] ?? 'text/plain').end(body),
      () => res.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
