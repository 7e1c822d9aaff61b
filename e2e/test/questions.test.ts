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
const HOSTILE = '<img src=x onerror="globalThis.stolen=1">';

test('a support agent finds why a loan was declined, reads it out and prints it', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await openDeclined(page, server);

  const reasons = page.getByRole('list', { name: 'Reasons' });
  await reasons.getByText('SCORE_LOW').waitFor();
  expect(await reasons.innerText()).toMatch(/min_score: 612 < 660/);

  await page.getByRole('link', { name: 'what would flip it' }).click();
  const panel = page.getByRole('region', { name: 'Explanation', exact: true });
  const flip = panel.getByRole('region', { name: 'What would have changed it' });
  await flip.getByText('Everything else being as it was').waitFor();
  expect(await flip.innerText()).toMatch(/min_score ≥ 660 instead of 612, 48 away/);
  await panel.getByText('The same in plain words, to read out').click();
  const words = panel.getByRole('region', { name: 'Explanation in plain words' });
  expect(await words.innerText()).toContain('the decision was declined');
  expect(await accessibilityFaults(page)).toEqual([]);

  // The address alone leads back to it, and paper shows the report and nothing else.
  await page.goto(page.url());
  await flip.getByText('Everything else being as it was').waitFor();
  await page.emulateMedia({ media: 'print' });
  const report = page.getByRole('article');
  await report.getByRole('heading', { name: 'Explanation of a decision' }).waitFor();
  await report.getByText(page.url()).waitFor();
  expect(await page.getByRole('button', { name: 'Explain' }).isVisible()).toBe(false);
  expect(await page.getByRole('tree').isVisible()).toBe(false);
  await page.emulateMedia({ media: 'screen' });

  await panel.getByRole('link', { name: /rules/ }).first().click();
  await page.getByRole('region', { name: /: rules$/ }).waitFor();
  expect(complaints).toEqual([]);
});

test('an engineer compares a declined loan with the last good one', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await openDeclined(page, server);

  await page.getByRole('button', { name: 'Compare…' }).click();
  await page.getByRole('menuitem', { name: /The last that went well/ }).click();
  const steps = page.getByRole('region', { name: 'Steps of both' });
  await steps.getByText('first difference', { exact: true }).waitFor();
  await page.getByText('step 1 · credit_score').waitFor();
  expect(await page.getByRole('region', { name: 'Execution a' }).innerText()).toContain('approved');
  expect(await page.getByRole('region', { name: 'Execution b' }).innerText()).toContain('declined');
  expect(await page.getByRole('list', { name: 'Versions that differ' }).innerText()).toMatch(
    /ruleset\s*r41 → r42/,
  );

  await steps.getByRole('button', { name: '1 equal step' }).first().click();
  await steps.getByRole('listitem').filter({ hasText: 'identity' }).first().waitFor();
  const rules = steps.getByRole('region', { name: 'Step rules: changed' });
  await rules.getByText('the course parts here').waitFor();
  expect(await rules.innerText()).toMatch(/min_score[\s\S]*pass[\s\S]*702[\s\S]*fail[\s\S]*612/);
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Swap the two' }).click();
  await page.getByRole('region', { name: 'Execution a' }).getByText('declined').waitFor();
  await page.goBack();
  await page.getByRole('region', { name: 'Execution a' }).getByText('approved').waitFor();
  expect(complaints).toEqual([]);
});

test('anybody asks why of an id, and comes to where it was decided', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await decideLoans(server);
  await chooseProducts(server);
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  await page.getByRole('navigation', { name: 'X-Ray' }).getByRole('link', { name: 'Why?' }).click();
  await page.getByText('Why was it decided so, and why not?').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  const search = page.getByRole('searchbox', { name: 'Id of a candidate or a subject' });
  await search.fill('B07XYZ');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^candidate in/ }).waitFor();
  expect(await page.getByRole('list', { name: 'Outcomes' }).innerText()).toMatch(/rejected\s+2/);
  await page.getByText(/most often by\s+price_max/i).waitFor();
  const times = page.getByRole('list', { name: 'Each time, newest first' });
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
  const decisions = page.getByRole('list', { name: 'Each decision, newest first' });
  await decisions.getByRole('link', { name: 'declined' }).first().waitFor();
  expect(await decisions.innerText()).toMatch(/min_score:\s+612 < 660/);

  await page.goto(`${server.url}/why?app=${server.appId}&id=nobody`);
  await page.getByText('Not seen in this time').waitFor();
  await page.getByRole('button', { name: 'Look at all time' }).click();
  await page.getByText('Not seen in this time').waitFor();
  expect(new URL(page.url()).searchParams.get('from')).toBe('all');
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('an analyst finds the rule behind a fallen approval rate, and the loans behind it', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await decideMany(server);
  await page.goto(`${server.url}/pipelines?app=${server.appId}`);
  await page.getByRole('link', { name: 'credit', exact: true }).click();
  await page.getByText('120 executions', { exact: true }).waitFor();
  const reading = page.getByRole('slider', { name: /^Executions by outcome/ });
  await reading.focus();
  await page.keyboard.press('ArrowLeft');
  expect(await reading.getAttribute('aria-valuetext')).toMatch(/approved \d+/);

  const graph = page.getByRole('region', { name: 'Graph of the steps' });
  await graph.getByRole('button', { name: /^offers/ }).focus();
  const told = page.getByRole('region', { name: 'Step offers' });
  expect(await told.innerText()).toMatch(/120 of 120 executions/);
  expect(await told.getByRole('row', { name: /too_dear/i }).innerText()).toContain('120');
  const costs = page.getByRole('region', { name: 'Steps by what they cost' });
  expect(await costs.getByRole('rowheader').count()).toBe(2);
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.goto(
    `${server.url}/compare?app=${server.appId}&qa=pipeline:credit&qb=pipeline:credit`,
  );
  await page.getByRole('button', { name: 'Often asked' }).click();
  await page.getByRole('menuitem', { name: 'ruleset: r41 against r42' }).click();
  const changed = page.getByRole('region', { name: 'What goes with the change of approved' });
  const first = changed.getByRole('listitem').first();
  await first.getByText('max_dti').first().waitFor();
  expect(await page.getByRole('region', { name: 'Group b' }).innerText()).toContain(
    '60 executions',
  );
  expect(await page.getByRole('row', { name: /^approved/ }).innerText()).toMatch(
    /90\.0 %[\s\S]*50\.0 %/,
  );
  expect(await accessibilityFaults(page)).toEqual([]);

  await first.getByRole('link', { name: '30 executions in b' }).click();
  const list = page.getByRole('grid', { name: 'Executions' });
  await list
    .getByRole('link', { name: /^declined, credit/ })
    .first()
    .waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toContain('version.ruleset:r42');
  expect(complaints).toEqual([]);
});

test('what was recorded is text on every one of these pages', async ({ stage }) => {
  const { page, server, complaints } = stage;
  const ids = [await decideHostile(server, 1), await decideHostile(server, 2)] as const;
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of [
    `/execution?app=${server.appId}&id=${ids[0]}&step=explain`,
    `/compare?app=${server.appId}&a=${ids[0]}&b=${ids[1]}`,
    `/pipelines?app=${server.appId}`,
    `/pipeline?app=${server.appId}&p=${encodeURIComponent(HOSTILE)}`,
    `/why?app=${server.appId}&id=${encodeURIComponent(HOSTILE)}`,
  ]) {
    await page.goto(`${server.url}${path}`);
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    await page.getByText(HOSTILE).filter({ visible: true }).first().waitFor();
    expect(await page.evaluate(() => 'stolen' in globalThis)).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      390,
    );
    expect(await accessibilityFaults(page)).toEqual([]);
  }
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

/** Of sixty under each ruleset, six and then thirty are declined by the rule that the second tightened. */
async function decideMany(server: FreshServer): Promise<void> {
  for (const [ruleset, maxDti] of [
    ['r41', 0.54],
    ['r42', 0.3],
  ] as const) {
    const xray = client(server, 'credit', ruleset);
    for (let loan = 0; loan < 60; loan += 1) {
      const dti = loan / 100;
      await xray.run({ subject: { applicant: `${ruleset}-${loan}` } }, async (execution) => {
        execution.step('offers', (step) =>
          step.filter(PRODUCTS, {
            id: ({ asin }) => asin,
            rules: [
              { id: 'too_dear', test: ({ price }) => price <= MAX_PRICE, reason: 'TOO_DEAR' },
            ],
          }),
        );
        const passes = execution.step('rules', { kind: 'rules' }, (step) =>
          step.check('max_dti', dti < maxDti, { actual: dti, threshold: maxDti, op: '<' }),
        );
        execution.decide(passes ? 'approved' : 'declined', { adverse: !passes });
      });
    }
    await xray.shutdown();
  }
}

/** Twice: one product is kept, one rejected for its price. */
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

/** @returns the execution's id */
async function decideHostile(server: FreshServer, value: number): Promise<string> {
  const xray = client(server, HOSTILE, 'r1');
  const id = await xray.run({ subject: { [HOSTILE]: HOSTILE } }, async (execution) => {
    execution.step(HOSTILE, { kind: 'rules' }, (step) => {
      step.check(HOSTILE, false, { actual: HOSTILE, threshold: value, op: '==', reason: HOSTILE });
      return { [HOSTILE]: value };
    });
    execution.decide(HOSTILE, { adverse: true });
    return execution.id;
  });
  await xray.shutdown();
  return id;
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
