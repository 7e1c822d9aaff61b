import XRaySDK from '@xray/sdk';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import type { FreshServer } from '../fresh-server.mjs';
import { test } from './story.js';

const MIN_SCORE = 660;
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

test('what was recorded is text on every one of these pages', async ({ stage }) => {
  const { page, server, complaints } = stage;
  const ids = [await decideHostile(server, 1), await decideHostile(server, 2)] as const;
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of [
    `/execution?app=${server.appId}&id=${ids[0]}&step=explain`,
    `/compare?app=${server.appId}&a=${ids[0]}&b=${ids[1]}`,
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
