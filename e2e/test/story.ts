import type { Page } from 'playwright-core';
import { test as base } from 'vitest';
import { launchBrowser, noBrowser } from '../browser.mjs';
import { startFreshServer, type FreshServer } from '../fresh-server.mjs';

interface Stage {
  /** A first start on an empty data directory, shared by the stories of one file. */
  server: FreshServer;
  /** Empty when nothing went wrong: errors on the page's console, and answers of 400 and more. */
  complaints: string[];
  page: Page;
}

/** A story told in a real browser; skipped, with its reason, where there is none. */
export const test = base
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    if (noBrowser !== null) return null;
    const browser = await launchBrowser();
    onCleanup(() => browser.close());
    return browser;
  })
  .extend('fresh', { scope: 'file' }, async ({}, { onCleanup }) => {
    if (noBrowser !== null) return null;
    const server = await startFreshServer();
    onCleanup(() => server.stop());
    return server;
  })
  .extend('stage', async ({ browser, fresh, skip }, { onCleanup }): Promise<Stage> => {
    if (browser === null || fresh === null) return skip(noBrowser ?? '');
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
    onCleanup(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') {
        complaints.push(`${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    return { server: fresh, page, complaints };
  });
