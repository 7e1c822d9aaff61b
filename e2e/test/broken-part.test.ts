import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FreshServer } from '../fresh-server.mjs';
import { decideLoans } from './loans.js';
import { expectUsable, lookOn, seenOn, test } from './story.js';

const PHONE_PX = 390;

interface Place {
  app: string;
  good: string;
  declined: string;
}

/** A part of a page, an answer of the server that breaks it, and the parts that must still work. */
interface Case {
  part: string;
  address: (place: Place) => string;
  /** The path below the app's API. */
  asks: RegExp;
  answer: unknown;
  says: string;
  /** On a phone the part is behind a button. */
  wideOnly?: boolean;
  remains: (page: Page) => Promise<void>;
  recovered: (page: Page) => Promise<void>;
}

const list = async (page: Page) =>
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
const region = (name: string | RegExp) => async (page: Page) =>
  await page.getByRole('region', { name }).first().waitFor();
const heading = (name: string) => async (page: Page) =>
  await page.getByRole('heading', { name, exact: true }).waitFor();

const CASES: readonly Case[] = [
  {
    part: 'the facet panel',
    address: ({ app }) => `executions?app=${app}`,
    asks: /^\/facets\?/,
    answer: { items: [{ field: 'outcome', values: 5, more: 0 }] },
    says: 'The counts cannot be shown',
    wideOnly: true,
    remains: list,
    recovered: region('Outcome'),
  },
  {
    part: 'the histogram',
    address: ({ app }) => `executions?app=${app}`,
    asks: /^\/histogram\?/,
    answer: { total: 3, by: 'outcome' },
    says: 'The counts over time cannot be shown',
    remains: list,
    recovered: region('Executions over time'),
  },
  {
    part: 'the list',
    address: ({ app }) => `executions?app=${app}`,
    asks: /^\/executions\?/,
    answer: { items: [{ executionId: 'odd' }], nextCursor: null },
    says: 'The list cannot be shown',
    remains: region('Executions over time'),
    recovered: list,
  },
  {
    part: 'an app’s activity on the first page',
    address: () => '',
    asks: /^\/pipelines\?/,
    answer: { items: 5 },
    says: 'Its activity cannot be shown',
    remains: heading('Apps'),
    recovered: async (page) => await page.getByText('in the last 24 h').first().waitFor(),
  },
  {
    part: 'the chart of the last day on the first page',
    address: () => '',
    asks: /^\/histogram\?/,
    answer: { total: 3, by: 'outcome', series: 5 },
    says: 'The last 24 h cannot be shown',
    remains: async (page) =>
      await page.getByRole('link', { name: 'loan-approval', exact: true }).first().waitFor(),
    recovered: async (page) => await page.getByText('in the last 24 h').first().waitFor(),
  },
  {
    part: 'the list of pipelines',
    address: ({ app }) => `pipelines?app=${app}`,
    asks: /^\/pipelines\?/,
    answer: { items: [{ pipeline: 'loan-approval' }] },
    says: 'The pipelines cannot be shown',
    remains: heading('Pipelines'),
    recovered: region('Pipelines'),
  },
  {
    part: 'a pipeline’s charts',
    address: ({ app }) => `pipeline?app=${app}&p=loan-approval`,
    asks: /^\/pipelines\/loan-approval\?/,
    answer: { executions: [1], reasons: [] },
    says: 'The charts cannot be shown',
    remains: region('Graph of the steps'),
    recovered: async (page) => await page.getByText('Executions by outcome').waitFor(),
  },
  {
    part: 'a pipeline’s steps',
    address: ({ app }) => `pipeline?app=${app}&p=loan-approval`,
    asks: /^\/pipelines\/loan-approval\/funnel\?/,
    answer: { steps: [{}] },
    says: 'The steps cannot be shown',
    remains: async (page) => await page.getByText('Executions by outcome').waitFor(),
    recovered: region('Graph of the steps'),
  },
  {
    part: 'a step’s rules',
    address: ({ app, declined }) => `execution?app=${app}&id=${declined}&step=5&tab=rules`,
    asks: /^\/executions\/[^/]+\/steps\/5/,
    answer: { step: { name: 'rules', rules: 5 } },
    says: 'This cannot be shown',
    remains: async (page) => await page.getByRole('tab', { name: 'Rules' }).waitFor(),
    recovered: async (page) =>
      await page.getByRole('columnheader', { name: 'Threshold' }).waitFor(),
  },
  {
    part: 'a comparison of two',
    address: ({ app, good, declined }) => `compare?app=${app}&a=${good}&b=${declined}`,
    asks: /^\/compare\?/,
    answer: {},
    says: 'The comparison cannot be shown',
    remains: async (page) => await page.getByRole('button', { name: 'Swap a and b' }).waitFor(),
    recovered: region('Compared steps'),
  },
  {
    part: 'a comparison of groups',
    address: ({ app }) => `compare?app=${app}&qa=outcome:approved&qb=outcome:declined`,
    asks: /^\/cohorts\?/,
    answer: {},
    says: 'The comparison cannot be shown',
    remains: async (page) =>
      await page.getByRole('combobox', { name: 'Filter of group a' }).waitFor(),
    recovered: region('Outcome rates'),
  },
  {
    part: 'an answer to why',
    address: ({ app }) => `why?app=${app}&id=8151`,
    asks: /^\/lookup\//,
    answer: { execution: false, subjects: 5, candidates: 5 },
    says: 'The answer cannot be shown',
    remains: async (page) => await page.getByRole('button', { name: 'Ask why' }).waitFor(),
    recovered: async (page) =>
      await page.getByRole('list', { name: 'Decisions, newest first' }).waitFor(),
  },
];

test.for(seenOn('light', 1_280))(
  'a part that cannot be shown says so, leaves the rest of its page, and comes back when it is tried again ($theme, $widthPx px)',
  { timeout: 300_000 },
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    const place = await fill(page, server);
    await lookOn(page, view);
    const faults: Record<string, string> = {};
    const cases = CASES.filter(({ wideOnly }) => wideOnly !== true || view.widthPx > PHONE_PX);
    for (const each of cases) {
      await breakAndMend(page, server, place, each).catch((error: unknown) => {
        faults[each.part] = String(error);
      });
    }
    expect(faults).toEqual({});
    // Each part broke with an error of the page itself, which the console shows. The server refused no
    // request.
    expect(complaints.length).toBeGreaterThanOrEqual(cases.length);
    expect(complaints.filter((text) => text.includes('Failed to load'))).toEqual([]);
  },
);

async function breakAndMend(
  page: Page,
  server: FreshServer,
  place: Place,
  { address, asks, answer, says, remains, recovered }: Case,
): Promise<void> {
  const api = `/api/apps/${place.app}`;
  const isAsked = ({ pathname, search }: URL) =>
    pathname.startsWith(api) && asks.test(`${pathname}${search}`.slice(api.length));
  const alert = page.getByRole('alert').filter({ hasText: says });
  await page.route(isAsked, (route) => route.fulfill({ json: answer }));
  try {
    await page.goto(`${server.url}/${address(place)}`);
    await alert.waitFor();
    await remains(page);
    await expectUsable(page);
  } finally {
    await page.unroute(isAsked);
  }
  await alert.getByRole('button', { name: 'Try again' }).click();
  await recovered(page);
  expect(await alert.count()).toBe(0);
}

async function fill(page: Page, server: FreshServer): Promise<Place> {
  // With a single app the first page would be that app's list.
  await page.request.post(`${server.url}/api/apps`, {
    headers: { origin: server.url },
    data: { id: 'another-app' },
  });
  await decideLoans(server, [
    { applicantId: '8150' },
    { applicantId: '8151', file: { score: 540 } },
  ]);
  const idOf = async (outcome: string): Promise<string> => {
    const address = `/api/apps/${server.appId}/executions?q=outcome:${outcome}`;
    const answer = await page.request.get(server.url + address);
    const { items }: { items: { executionId: string }[] } = await answer.json();
    return items[0]?.executionId ?? '';
  };
  return { app: server.appId, good: await idOf('approved'), declined: await idOf('declined') };
}
