import type { BrowserContext, Page } from 'playwright-core';
import { test as base } from 'vitest';
import { launchBrowser, noBrowser } from '../browser.mjs';
import { startFreshServer, type FreshServer } from '../fresh-server.mjs';
import { WITH_ADMINISTRATOR, signIn } from '../person.mjs';

interface Stage {
  /** A first start on an empty data directory, shared by the stories of one file. */
  server: FreshServer;
  /** Empty when nothing went wrong: errors on the pages' consoles, and answers of 400 and more. */
  complaints: string[];
  page: Page;
  /** A browser of its own for somebody else, with no cookies of the first. */
  openForAnother: () => Promise<Page>;
}

/** A story told in a real browser; skipped, with its reason, where there is none. */
function story(settings: NodeJS.ProcessEnv) {
  return base
    .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
      if (noBrowser !== null) return null;
      const browser = await launchBrowser();
      onCleanup(() => browser.close());
      return browser;
    })
    .extend('fresh', { scope: 'file' }, async ({}, { onCleanup }) => {
      if (noBrowser !== null) return null;
      const server = await startFreshServer(settings);
      onCleanup(() => server.stop());
      return server;
    })
    .extend('stage', async ({ browser, fresh, skip }, { onCleanup }): Promise<Stage> => {
      if (browser === null || fresh === null) return skip(noBrowser ?? '');
      const complaints: string[] = [];
      const contexts: BrowserContext[] = [];
      onCleanup(async () => {
        for (const context of contexts) await context.close();
      });
      const open = async (): Promise<Page> => {
        const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
        contexts.push(context);
        const page = await context.newPage();
        page.on('console', (message) => {
          if (message.type() === 'error') {
            complaints.push(`${message.text()} (${message.location().url})`);
          }
        });
        page.on('pageerror', (error) => complaints.push(String(error)));
        return page;
      };
      return { server: fresh, page: await open(), complaints, openForAnother: open };
    });
}

/** Of somebody who has just started X-Ray and is nobody yet. */
export const newcomerTest = story({});

/** Of an administrator who has signed in. */
export const test = story(WITH_ADMINISTRATOR).extend('stage', async ({ stage }): Promise<Stage> => {
  await signIn(stage.page, stage.server);
  return stage;
});
