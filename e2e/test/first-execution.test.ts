import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import type { FreshServer } from '../fresh-server.mjs';
import { test } from './story.js';

const steps = [
  { name: 'fetch_credit_score', input: ['userId', '123'], output: ['score', '750'] },
  { name: 'calculate_risk_tier', input: ['score', '750'], output: ['tier', 'A'] },
  {
    name: 'check_approval_rules',
    input: ['tier', 'A'],
    output: ['approved', 'true', 'reason', 'Score >= 700'],
    reasoning: 'Applied rule: tier A applicants always approved',
  },
];

test('an empty server shows how to send to it, at its real address', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await page.goto(`${server.url}/executions?app=${server.appId}`);

  const help = page.getByRole('region', { name: 'Send a first execution' });
  await help.getByText('No executions yet').waitFor();
  await help.getByText(server.url).waitFor();
  expect(await help.innerText()).toContain(`appId: '${server.appId}'`);

  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('the README’s example, run as a file, becomes a timeline in the browser', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await runReadme(server);

  await page.goto(server.url);
  await page.getByRole('link', { name: server.appId }).first().click();
  const list = page.getByRole('grid', { name: 'Executions' });
  await list.getByRole('link', { name: /loan-approval/ }).click();

  const timeline = page.getByRole('tree', { name: 'Timeline of the steps' });
  const rows = timeline.getByRole('treeitem');
  await rows.first().waitFor();
  expect(await rows.count()).toBe(3);

  for (const [sequence, step] of steps.entries()) {
    await rows.filter({ hasText: step.name }).click();
    const inspector = page.getByRole('region', { name: `Step ${sequence}: ${step.name}` });
    await seeTab(page, inspector, 'Input', step.input);
    await seeTab(page, inspector, 'Output', step.output);
    await seeTab(page, inspector, 'Reasoning', step.reasoning ? [step.reasoning] : []);
  }

  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('the executions and the apps can be used by everybody, dark or light', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await runReadme(server);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(server.url);
    await page.getByRole('link', { name: server.appId }).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.goto(`${server.url}/executions?app=${server.appId}`);
    const row = page.getByRole('link', { name: /loan-approval/ }).first();
    await row.waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);

    await row.click();
    await page.getByRole('treeitem').first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  }
  expect(complaints).toEqual([]);
});

async function seeTab(
  page: Page,
  inspector: ReturnType<Page['getByRole']>,
  name: string,
  texts: string[],
): Promise<void> {
  await inspector.getByRole('tab', { name, exact: true }).click();
  const panel = page.getByRole('tabpanel', { name, exact: true });
  for (const text of texts) await panel.getByText(text).first().waitFor();
}

/** Runs the README's example as a reader would: a file in the clone, the key in the environment. */
async function runReadme(server: FreshServer): Promise<void> {
  const folder = mkdtempSync(path.join(import.meta.dirname, 'readme-'));
  try {
    // It has no type annotation, so that it is JavaScript as well.
    const file = path.join(folder, 'readme.mjs');
    copyFileSync(path.resolve(import.meta.dirname, '../../examples/loan-approval/readme.ts'), file);
    const { stderr } = await promisify(execFile)(process.execPath, [file], {
      env: { ...process.env, XRAY_API_KEY: server.apiKey, XRAY_ENDPOINT: server.url },
    });
    expect(stderr).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
