import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FreshServer } from '../fresh-server.mjs';
import { decideLoans } from './loans.js';
import { pullLoans } from './replayed.js';
// The first page lists every app, so other stories must not leave theirs on this server.
import {
  expectUsable,
  isFull,
  lookOn,
  ownServerTest as test,
  viewsOf,
  type View,
} from './story.js';

const OUT = path.resolve(import.meta.dirname, '../../apps/dashboard/out');
const emptyAppOf = ({ appId }: FreshServer): string => `${appId}-empty`;

/** The state of a page: with data, without data, loading, or with an error. */
type State = 'filled' | 'empty' | 'waiting' | 'failing';

interface Place {
  app: string;
  good: string;
  declined: string;
  run: string;
}

/**
 * Every page of the export, with the addresses at which it is looked at. Other features of a page have
 * their own stories.
 */
const PAGES: Record<string, ((place: Place) => string)[]> = {
  index: [() => ''],
  executions: [({ app }) => `app=${app}&from=all`],
  execution: [
    ({ app, declined }) => `app=${app}&id=${declined}`,
    ({ app, declined }) => `app=${app}&id=${declined}&step=explain`,
    ({ app, declined }) => `app=${app}&id=${declined}&step=execution`,
  ],
  compare: [
    ({ app }) => `app=${app}`,
    ({ app, good, declined }) => `app=${app}&a=${good}&b=${declined}`,
    ({ app }) => `app=${app}&qa=outcome:approved&qb=outcome:declined`,
    ({ app }) => `app=${app}&by=metadata.region`,
  ],
  why: [({ app }) => `app=${app}`, ({ app }) => `app=${app}&id=8151`],
  case: [({ app }) => `app=${app}&type=applicant&id=8151`],
  letter: [({ app, declined }) => `app=${app}&id=${declined}`],
  pipelines: [({ app }) => `app=${app}`],
  pipeline: [({ app }) => `app=${app}&p=loan-approval`],
  replay: [({ app }) => `app=${app}`, ({ app, run }) => `app=${app}&run=${run}`],
  'pipeline-rules': [({ app }) => `app=${app}&p=loan-approval`],
  settings: [
    'apps',
    'keys',
    'connect',
    'members',
    'dictionary',
    'data',
    'audit',
    'people',
    'profile',
  ].map(
    (tab) =>
      ({ app }: Place) =>
        `app=${app}&tab=${tab}`,
  ),
  'sign-in': [() => ''],
  setup: [() => ''],
  invitation: [() => ''],
  'reset-password': [() => ''],
  '404': [() => ''],
};

const DOORS = ['sign-in', 'setup', 'invitation', 'reset-password'];
const ASKS_NO_APP = [...DOORS, '404'];

test('every page of the export is checked', () => {
  const exported = readdirSync(OUT)
    .filter((name) => name.endsWith('.html') && name !== '_not-found.html')
    .map((name) => name.replace(/\.html$/, ''));
  expect(exported.toSorted()).toEqual(Object.keys(PAGES).toSorted());
});

const SEEN: readonly { state: State; seen: readonly View[] }[] = [
  { state: 'filled', seen: viewsOf(['light', 1_280], ['dark', 390]) },
  { state: 'empty', seen: viewsOf(['dark', 1_280]) },
  { state: 'waiting', seen: viewsOf(['light', 390]) },
  { state: 'failing', seen: viewsOf(['dark', 390]) },
];
const ADDRESSES = Object.entries(PAGES).flatMap(([name, queries]) =>
  queries.map((queryOf) => ({ path: name === 'index' ? '' : name, queryOf })),
);
/** To save time, CI distributes the views of a state over the addresses. */
const LOOKS = SEEN.flatMap(({ state, seen }) =>
  seen.map((view, turn) => ({
    state,
    ...view,
    addresses: ADDRESSES.filter(
      ({ path: name }, nth) =>
        isFull ||
        // A page that needs no data of an app is the same in every state.
        (nth % seen.length === turn && (state === 'filled' || !ASKS_NO_APP.includes(name))),
    ),
  })),
);

test.for(LOOKS)(
  'every page is usable and accessible when it is $state ($theme, $widthPx px)',
  { timeout: 300_000 },
  async ({ state, addresses, ...view }, { stage }) => {
    const { page, server, openForAnother } = stage;
    const place = await fill(page, server);
    // The sign-in pages redirect people who are signed in.
    const guest = await openForAnother();
    for (const each of [page, guest]) await lookOn(each, view);
    if (state === 'waiting') await page.route('**/api/apps/**', () => {});
    if (state === 'failing') {
      await page.route('**/api/apps/**', (route) => route.fulfill({ status: 503, body: '{}' }));
    }
    const faults: Record<string, string> = {};
    for (const { path: name, queryOf } of addresses) {
      const address = `/${name}?${queryOf(state === 'empty' ? { ...place, app: emptyAppOf(server) } : place)}`;
      const looker = DOORS.includes(name) ? guest : page;
      await looker.goto(`${server.url}${address}`);
      await settle(looker, state);
      await expectUsable(looker).catch((error: unknown) => {
        faults[address] = faultText(error);
      });
    }
    expect(faults).toEqual({});
  },
);

/** Every page requests these. If they are answered at once, the page knows its user before hydration. */
const AT_ONCE = ['/api/config', '/api/me', '/api/apps'];

test('pages hydrate without errors, even if the server answers at once', async ({ stage }) => {
  const { page, server, complaints } = stage;
  const place = await fill(page, server);
  const answers: Record<string, string> = {};
  for (const path of AT_ONCE) {
    answers[path] = await (await page.request.get(server.url + path)).text();
  }
  await page.addInitScript((known) => {
    const ask = window.fetch.bind(window);
    window.fetch = async (input, init) => {
      const body = known[new URL(new Request(input).url).pathname];
      if (body === undefined) return await ask(input, init);
      return new Response(body, { headers: { 'content-type': 'application/json' } });
    };
  }, answers);
  // Each of six loads on a slow processor can show the fault. The full run leaves less to chance.
  const rounds = isFull ? 6 : 2;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  for (let round = 0; round < rounds; round++) {
    for (const address of ['', `executions?app=${place.app}`, `settings?app=${place.app}`]) {
      await page.goto(`${server.url}/${address}`);
      await page.getByRole('button', { name: /^Account: / }).waitFor();
    }
  }
  expect(complaints.filter((complaint) => complaint.includes('React'))).toEqual([]);
});

/** The values that an expectation found, which its message cuts. */
function faultText(error: unknown): string {
  return error instanceof Error && 'actual' in error
    ? `${error.message}: ${JSON.stringify(error.actual)}`
    : String(error);
}

/** Waits until the page has its heading and, unless it should keep loading, has finished loading. */
async function settle(page: Page, state: State): Promise<void> {
  await page.getByRole('heading').first().waitFor();
  if (state === 'waiting') return;
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await page.waitForLoadState('networkidle');
}

/** Creates an app with both kinds of loans and an empty app, once for all views. */
async function fill(page: Page, server: FreshServer): Promise<Place> {
  const ask = async (path: string) => await page.request.get(`${server.url}/api/apps${path}`);
  if (!(await ask(`/${emptyAppOf(server)}/views`)).ok()) {
    await page.request.post(`${server.url}/api/apps`, {
      headers: { origin: server.url },
      data: { id: emptyAppOf(server) },
    });
    await decideLoans(server, [
      { applicantId: '8150' },
      { applicantId: '8151', file: { score: 540 } },
      { applicantId: '81 52' },
    ]);
    const folder = await pullLoans(page, server);
    await folder.run({ minScore: 800 }, '--store', 'all', '--name', 'stricter');
    await folder.remove();
  }
  const idOf = async (outcome: string): Promise<string> => {
    const answer = await ask(`/${server.appId}/executions?q=outcome:${outcome}`);
    const { items }: { items: { executionId: string }[] } = await answer.json();
    return items[0]?.executionId ?? '';
  };
  const runs: { items: { id: string }[] } = await (await ask(`/${server.appId}/replays`)).json();
  const run = runs.items[0]?.id ?? '';
  return { app: server.appId, run, good: await idOf('approved'), declined: await idOf('declined') };
}
