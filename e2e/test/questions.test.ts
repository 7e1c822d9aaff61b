import XRaySDK from '@xray/sdk';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import type { FreshServer } from '../fresh-server.mjs';
import { test } from './story.js';

const MIN_SCORE = 660;
const MAX_PRICE = 60;
const PRODUCTS = [
  { asin: 'B07XYZ', price: 74.9 },
  { asin: 'B08ABC', price: 49 },
];

test('an engineer compares a declined loan with the last good one', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await openDeclined(page, server);

  await page.getByRole('button', { name: 'Compare…' }).click();
  await page.getByRole('menuitem', { name: /Last approved/ }).click();
  const steps = page.getByRole('region', { name: 'Compared steps' });
  await steps.getByText('first difference', { exact: true }).waitFor();
  await page.getByText('step 1 · credit_score').waitFor();
  expect(await page.getByRole('region', { name: 'Execution a' }).innerText()).toContain('approved');
  expect(await page.getByRole('region', { name: 'Execution b' }).innerText()).toContain('declined');
  expect(await page.getByRole('list', { name: 'Different versions' }).innerText()).toMatch(
    /ruleset\s*r41 → r42/,
  );

  await steps.getByRole('button', { name: '1 equal step' }).first().click();
  await steps.getByRole('listitem').filter({ hasText: 'identity' }).first().waitFor();
  const rules = steps.getByRole('region', { name: 'Step rules: changed' });
  await rules.getByText('they diverge here').waitFor();
  expect(await rules.innerText()).toMatch(/min_score[\s\S]*pass[\s\S]*702[\s\S]*fail[\s\S]*612/);
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Swap a and b' }).click();
  await page.getByRole('region', { name: 'Execution a' }).getByText('declined').waitFor();
  await page.goBack();
  await page.getByRole('region', { name: 'Execution a' }).getByText('approved').waitFor();
  expect(complaints).toEqual([]);
});

test('anybody asks why about an id, and opens the decision about it', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await chooseProducts(server);
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  await page.getByRole('navigation', { name: 'X-Ray' }).getByRole('link', { name: 'Why?' }).click();
  await page.getByText('Look up why something was decided').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  const search = page.getByRole('combobox', { name: 'Id of a candidate or a subject' });
  await search.fill('B07XYZ');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^candidate in/ }).waitFor();
  expect(await page.getByRole('list', { name: 'Outcomes' }).innerText()).toMatch(/rejected\s+2/);
  await page.getByText(/most often because of\s+price_max/i).waitFor();
  const times = page.getByRole('list', { name: 'Decisions on this candidate, newest first' });
  expect(await times.getByRole('listitem').count()).toBe(2);
  expect(await times.innerText()).toMatch(/price_max:\s+74\.9 > 60/);
  expect(await accessibilityFaults(page)).toEqual([]);

  await times
    .getByRole('link', { name: /rejected at filters/ })
    .first()
    .click();
  const inspector = page.getByRole('region', { name: /: filters$/ });
  const table = inspector.getByRole('table', { name: 'Candidates' });
  await table.getByText('B07XYZ').waitFor();
  expect(await table.getByRole('row').count()).toBe(2);

  await page.goto(`${server.url}/why?app=${server.appId}&id=8123`);
  const decisions = page.getByRole('list', { name: 'Decisions, newest first' });
  await decisions.getByRole('link', { name: 'declined' }).first().waitFor();
  expect(await decisions.innerText()).toMatch(/min_score:\s+612 < 660/);

  await page.goto(`${server.url}/why?app=${server.appId}&id=nobody&from=-7d`);
  await page.getByText('Not found in this time range').waitFor();
  await page.getByRole('button', { name: 'Show all time' }).click();
  await page.getByText('Not found', { exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.get('from')).toBe('all');
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('with records so large that a page holds one, the list still loads a full screen', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  const large = [1, 2, 3].map((n) => ({
    executionId: `large-${n}`,
    appId: server.appId,
    pipeline: 'product-selection',
    steps: [
      {
        name: 'filters',
        reasoning: 'x'.repeat(600_000),
        candidates: {
          in: 1,
          out: 1,
          byOutcome: { kept: 1 },
          items: [{ id: 'B09BIG', outcome: 'kept' }],
        },
      },
    ],
  }));
  const response = await fetch(`${server.url}/executions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(large),
  });
  expect(response.status).toBe(202);
  await page.goto(`${server.url}/why?app=${server.appId}&id=B09BIG`);
  await page.getByText('3 appearances', { exact: true }).waitFor();
  const times = page.getByRole('list', { name: 'Decisions on this candidate, newest first' });
  expect(await times.getByRole('listitem').count()).toBe(3);
  expect(complaints).toEqual([]);
});

test('the filter of a group has the same completion as the list’s filter', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await page.goto(`${server.url}/compare?app=${server.appId}&qa=&qb=`);
  const filter = page.getByRole('combobox', { name: 'Filter of group b' });
  await filter.fill('outcome:');
  const option = page.getByRole('option', { name: /^declined/ });
  await option.waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await option.click();
  expect(await filter.inputValue()).toBe('outcome:declined ');
  await filter.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('qb') === 'outcome:declined');

  await filter.fill('outcome:declined AND');
  await filter.press('Enter');
  await page.getByRole('alert').getByText('At character').waitFor();
  await filter.press('Escape');
  expect(await filter.inputValue()).toBe('outcome:declined');
  expect(complaints).toEqual([]);
});

test('a value in a record is found even in closed parts', async ({ stage }) => {
  const { page, server, complaints } = stage;
  const deep = {
    pages: Array.from({ length: 90 }, (_, at) => ({ at, seal: { code: `K-${at}` } })),
  };
  const xray = client(server, 'letters', 'r1');
  await xray.run({}, (execution) => execution.step('read_letter', () => deep));
  await xray.shutdown();
  await page.goto(`${server.url}/executions?app=${server.appId}&q=pipeline:letters`);
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().click();
  await page.getByRole('tab', { name: 'Output' }).click();
  const tree = page.getByRole('tree', { name: 'output as a tree' });
  await tree.focus();
  await page.keyboard.press('/');
  await page.keyboard.type('k-77');
  await page.getByRole('search').getByText('1', { exact: true }).waitFor();
  expect(await tree.getByText('K-77').count()).toBe(0);
  await page.keyboard.press('Enter');
  await tree.getByText('K-77').waitFor();
  await page.getByRole('search').getByText('1 of 1').waitFor();
  await page.getByText('output.pages[77].seal.code').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

async function openDeclined(page: Page, server: FreshServer): Promise<void> {
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  const list = page.getByRole('grid', { name: 'Executions' });
  await list
    .getByRole('link', { name: /^declined, loan/ })
    .first()
    .click();
  await page.getByRole('tree', { name: 'Timeline of the steps' }).waitFor();
}

/** An approved loan, then a declined one under another ruleset. */
async function decideLoans(server: FreshServer): Promise<void> {
  const loans: { score: number; ruleset: string }[] = [
    { score: 702, ruleset: 'r41' },
    { score: 612, ruleset: 'r42' },
  ];
  for (const { score, ruleset } of loans) {
    const xray = client(server, 'loan', ruleset);
    await xray.run({ subject: { applicant: '8123' } }, async (execution) => {
      execution.step('identity', { kind: 'retrieve' }, () => ({ verified: true }));
      execution.step('credit_score', { kind: 'retrieve' }, () => ({ score }));
      const passes = execution.step('rules', { kind: 'rules' }, (step) =>
        step.check('min_score', score >= MIN_SCORE, {
          actual: score,
          threshold: MIN_SCORE,
          op: '>=',
          reason: 'SCORE_LOW',
        }),
      );
      execution.decide(passes ? 'approved' : 'declined', { adverse: !passes });
    });
    await xray.shutdown();
  }
}

/** Runs twice. One product is kept, one rejected for its price. */
async function chooseProducts(server: FreshServer): Promise<void> {
  const xray = client(server, 'product-selection', 'r1');
  for (const _ of [1, 2]) {
    await xray.run({ subject: { shopper: 's-1' } }, async (execution) => {
      execution.step('filters', (step) =>
        step.filter(PRODUCTS, {
          id: ({ asin }) => asin,
          type: 'product',
          rules: [
            {
              id: 'price_max',
              test: ({ price }) => price <= MAX_PRICE,
              actual: ({ price }) => price,
              threshold: MAX_PRICE,
              op: '<=',
            },
          ],
        }),
      );
    });
  }
  await xray.shutdown();
}

function client(server: FreshServer, pipeline: string, ruleset: string): XRaySDK {
  return new XRaySDK({
    apiKey: server.apiKey,
    endpoint: server.url,
    appId: server.appId,
    pipeline,
    versions: { ruleset },
  });
}

test('a support agent answers a complaint with a printed letter, in at most four clicks from the id', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to' }).fill('81');
  let clicks = 0;
  const click = async (target: ReturnType<Page['getByRole']>): Promise<void> => {
    await target.first().click();
    clicks += 1;
  };
  await click(page.getByRole('option', { name: /Case of applicant 8123/ }));
  await page.getByRole('heading', { name: 'applicant 8123' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await click(page.getByRole('link', { name: 'Write letter' }));
  const letter = page.frameLocator('iframe[title="The letter"]');
  await letter.getByRole('heading', { name: 'Main reasons' }).waitFor();
  expect(await letter.locator('body').innerText()).toMatch(/at least 660 instead of 612/);
  expect(await accessibilityFaults(page)).toEqual([]);

  const printed = page.evaluate(
    () =>
      new Promise((resolve) => {
        const frame = document.querySelector('iframe');
        if (frame?.contentWindow) frame.contentWindow.print = () => resolve('the letter');
      }),
  );
  await click(page.getByRole('button', { name: 'Print or save as PDF' }));
  expect(await printed).toBe('the letter');
  expect(clicks).toBeLessThanOrEqual(4);
  expect(complaints).toEqual([]);
});

test('an owner erases a person in at most five clicks, and its address says so', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  const { url, appId, apiKey } = server;
  const execution = {
    executionId: 'about-8123',
    appId,
    pipeline: 'loan',
    subjects: [{ type: 'applicant', id: '8123' }],
    steps: [],
  };
  await fetch(`${url}/executions`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(execution),
  });
  await page.goto(`${url}/executions?app=${appId}`);
  let clicks = 0;
  const click = async (name: string, role: 'link' | 'tab' | 'button') => {
    clicks += 1;
    await page.getByRole(role, { name, exact: true }).first().click();
  };
  await click('Settings', 'link');
  await click('Data', 'tab');
  await page.getByLabel('Type', { exact: true }).fill('applicant');
  await page.getByLabel('Id', { exact: true }).fill('8123');
  await click('Count what would go', 'button');
  await page.getByLabel('Type 8123 to confirm').fill('8123');
  expect(await accessibilityFaults(page)).toEqual([]);
  await click('Erase', 'button');
  await page.getByText('Erased. The receipt is kept below').waitFor();
  expect(clicks).toBeLessThanOrEqual(5);
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.goto(`${url}/execution?app=${appId}&id=about-8123`);
  await page.getByRole('heading', { name: 'This execution was erased' }).waitFor();
  await page.getByText('Request of the person').waitFor();
});
