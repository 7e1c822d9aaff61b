import type { BrowserContext, Page } from 'playwright-core';
import { expect, test as base } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import { launchBrowser, noBrowser } from '../browser.mjs';
import { startFreshServer, type FreshServer } from '../fresh-server.mjs';
import { ADMINISTRATOR, WITH_ADMINISTRATOR, signIn } from '../person.mjs';

/** The theme and the width in which a story runs. */
export interface View {
  theme: 'light' | 'dark';
  widthPx: 1_280 | 390;
}

/** Whether to run what takes too long for CI. */
export const isFull = process.env['XRAY_TEST_FULL'] === '1';

const VIEWS: readonly View[] = [
  { theme: 'light', widthPx: 1_280 },
  { theme: 'dark', widthPx: 1_280 },
  { theme: 'light', widthPx: 390 },
  { theme: 'dark', widthPx: 390 },
];
const HEIGHTS_PX = { 1_280: 800, 390: 844 };

/** The view in which CI runs a story. XRAY_TEST_FULL=1 runs all views. */
export function seenOn(theme: View['theme'], widthPx: View['widthPx']): readonly View[] {
  return viewsOf([theme, widthPx]);
}

/** The views in which CI runs a check. XRAY_TEST_FULL=1 runs all views. */
export function viewsOf(
  ...seen: readonly (readonly [View['theme'], View['widthPx']])[]
): readonly View[] {
  if (isFull) return VIEWS;
  return seen.map(([theme, widthPx]) => ({ theme, widthPx }));
}

interface Stage {
  /** A server with an empty data directory. Its app and key are for the stories of one file. */
  server: FreshServer;
  /**
   * Errors on the pages' consoles, and answers with a status of 400 or more. Empty if nothing went wrong.
   */
  complaints: string[];
  page: Page;
  /** Opens a separate browser for another person, without the first person's cookies. */
  openForAnother: () => Promise<Page>;
}

interface Audience {
  complaints: string[];
  open: () => Promise<Page>;
}

/** Pages in a real browser. Without a browser the stories are skipped, with the reason. */
const audienceTest = base
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    if (noBrowser !== null) return null;
    const browser = await launchBrowser();
    onCleanup(() => browser.close());
    return browser;
  })
  .extend('audience', async ({ browser, skip }, { onCleanup }): Promise<Audience> => {
    if (browser === null) return skip(noBrowser ?? '');
    const complaints: string[] = [];
    const contexts: BrowserContext[] = [];
    onCleanup(async () => {
      for (const context of contexts) await context.close();
    });
    const open = async (): Promise<Page> => {
      const context = await browser.newContext({
        viewport: { width: 1_280, height: 800 },
        // A quarter of the browser's processor time goes into transitions, which no story is about.
        reducedMotion: isFull ? 'no-preference' : 'reduce',
      });
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
    return { complaints, open };
  });

function story(settings: NodeJS.ProcessEnv) {
  return audienceTest
    .extend('fresh', { scope: 'file' }, async ({}, { onCleanup }) => {
      if (noBrowser !== null) return null;
      const server = await startFreshServer(settings);
      onCleanup(() => server.stop());
      return server;
    })
    .extend('stage', async ({ audience, fresh, skip }): Promise<Stage> => {
      if (fresh === null) return skip(noBrowser ?? '');
      const { complaints, open } = audience;
      return { server: fresh, page: await open(), complaints, openForAnother: open };
    });
}

/** A story about a person who has just started X-Ray and has no account. */
export const newcomerTest = story({});

/** The same with a new server for each story. */
export const firstStartTest = audienceTest.extend(
  'stage',
  async ({ audience }, { onCleanup }): Promise<Stage> => {
    const server = await startFreshServer();
    onCleanup(() => server.stop());
    const { complaints, open } = audience;
    return { server, page: await open(), complaints, openForAnother: open };
  },
);

/** A story about a person who has an account but is not signed in. */
export const signedOutTest = story(WITH_ADMINISTRATOR);

/** A story of an administrator who has signed in, on a server with one app. */
export const ownServerTest = signedOutTest.extend('stage', async ({ stage }): Promise<Stage> => {
  await signIn(stage.page, stage.server);
  return stage;
});

/** A story of an administrator who has signed in. The server also has apps of other files. */
export const test = audienceTest
  .extend('shared', { scope: 'worker' }, async ({}, { onCleanup }) => {
    if (noBrowser !== null) return null;
    const server = await startFreshServer(WITH_ADMINISTRATOR);
    onCleanup(() => server.stop());
    return server;
  })
  .extend('signedIn', { scope: 'file' }, async ({ shared }, { onCleanup }) => {
    if (shared === null) return null;
    onCleanup(() => shared.expectNoLeaks());
    return await withAppOfItsOwn(shared);
  })
  .extend('stage', async ({ audience, signedIn, skip }): Promise<Stage> => {
    if (signedIn === null) return skip(noBrowser ?? '');
    const { complaints, open } = audience;
    const { server, cookie } = signedIn;
    const page = await open();
    await page.context().addCookies([{ ...cookie, url: server.url }]);
    return { server, page, complaints, openForAnother: open };
  });

interface SignedIn {
  server: FreshServer;
  cookie: { name: string; value: string };
}

/** What a file would have on a server that only it uses: the sign-in costs each story two pages otherwise. */
async function withAppOfItsOwn(shared: FreshServer): Promise<SignedIn> {
  const ask = async (path: string, body: object, headers = {}): Promise<Response> => {
    const response = await fetch(shared.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: shared.url, ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const signedIn = await ask('/api/auth/sign-in/email', ADMINISTRATOR);
  const [pair = ''] = signedIn.headers.getSetCookie()[0]?.split(';') ?? [];
  const [name = '', value = ''] = pair.split('=');
  const appId = `story-${crypto.randomUUID().slice(0, 8)}`;
  await ask('/api/apps', { id: appId }, { cookie: pair });
  const created = await ask(`/api/apps/${appId}/keys`, {}, { cookie: pair });
  const { key: apiKey }: { key: string } = await created.json();
  return { server: { ...shared, appId, apiKey }, cookie: { name, value } };
}

export async function lookOn(page: Page, { theme, widthPx }: View): Promise<void> {
  await page.setViewportSize({ width: widthPx, height: HEIGHTS_PX[widthPx] });
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    // Colours that change slowly are still those of the other theme.
    const changes = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.allSettled(changes.map(async ({ finished }) => await finished));
  });
}

/**
 * Checks a page in any state: axe finds no fault, nothing overflows sideways, and every target is large
 * enough for a finger.
 */
export async function expectUsable(page: Page): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await sticksOutPx(page)).toBe(0);
  if ((page.viewportSize()?.width ?? 0) < 768) expect(await smallTargets(page)).toEqual([]);
}

const TOUCH_PX = 40;

/**
 * Finds targets below 40 px on a phone. Links in texts and lines of JSON values may have the height of
 * their line.
 */
async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate((leastPx) => {
    const selector =
      'button, a[href], summary, select, input, textarea, [role="tab"], [role="slider"], [role="menuitem"], [role="menuitemradio"], [role="option"], [role="treeitem"][aria-expanded]';
    return [...document.querySelectorAll<HTMLElement>(selector)].flatMap((target) => {
      const box = target.getBoundingClientRect();
      const isShown = target.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      // Skips targets for screen readers only, and links that cover their row.
      if (!isShown || box.width <= 1 || box.height <= 1 || target.closest('[inert]')) return [];
      for (let around: Element | null = target; around !== null; around = around.parentElement) {
        if (getComputedStyle(around).clipPath !== 'none') return [];
      }
      const cover = getComputedStyle(target, '::after');
      if (cover.position === 'absolute' && cover.inset === '0px') return [];
      if (getComputedStyle(target).display === 'inline') return [];
      if (target.matches('input[type="checkbox"], input[type="radio"]')) return [];
      if (Math.round(box.height) >= leastPx && Math.round(box.width) >= leastPx) return [];
      const name = target.getAttribute('aria-label') ?? target.textContent?.trim().slice(0, 40);
      return [`${target.tagName} ${name}: ${Math.round(box.width)} x ${Math.round(box.height)} px`];
    });
  }, TOUCH_PX);
}

export async function sticksOutPx(page: Page): Promise<number> {
  return await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/** Filters the list with the keyboard shortcut for the filter. */
export async function filterBy(page: Page, filter: string): Promise<void> {
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  await page.keyboard.press('/');
  await page.locator('input:focus').waitFor();
  await page.keyboard.type(filter);
  await page.keyboard.press('Enter');
}
