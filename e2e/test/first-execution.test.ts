import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FreshServer } from '../fresh-server.mjs';
import { expectUsable, firstStartTest as test, lookOn, seenOn } from './story.js';

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

test.for(seenOn('light', 1_280))(
  'the newcomer to an empty installation sees the first execution appear by itself ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await lookOn(page, view);
    await page.goto(server.setupLink ?? '');
    await expectUsable(page);
    await page.getByLabel('Name').fill('Nia');
    await page.getByLabel('Email').fill('nia@example.org');
    await page.getByLabel('Password', { exact: true }).fill('a first day at a new place');
    await page.getByRole('button', { name: 'Create administrator' }).click();

    const help = page.getByRole('region', { name: 'Send a first execution' });
    await help.getByText('It will appear here automatically').waitFor();
    await expectUsable(page);
    await page.getByRole('main').getByRole('link', { name: server.appId }).first().click();
    await help.getByText('It will appear here automatically').waitFor();
    await help.getByText(server.url).first().waitFor();
    expect(await help.innerText()).toContain(`appId: '${server.appId}'`);
    await expectUsable(page);

    let loads = 0;
    page.on('load', () => (loads += 1));
    await runReadme(server);
    const list = page.getByRole('grid', { name: 'Executions' });
    await list.getByRole('link', { name: /loan-approval/ }).click();

    const rows = page.getByRole('tree', { name: 'Timeline of the steps' }).getByRole('treeitem');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(3);
    expect(loads).toBe(0);
    for (const [sequence, step] of steps.entries()) {
      await rows.filter({ hasText: step.name }).click();
      const inspector = page.getByRole('region', { name: `Step ${sequence}: ${step.name}` });
      await seeTab(page, inspector, 'Input', step.input);
      await seeTab(page, inspector, 'Output', step.output);
      await seeTab(page, inspector, 'Reasoning', step.reasoning ? [step.reasoning] : []);
      if (sequence === 0) await expectUsable(page);
      if (view.widthPx === 390) await page.keyboard.press('Escape');
    }
    expect(complaints).toEqual([]);
  },
);

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

/** Runs the README's example like a reader: a file in the clone, the key in the environment. */
async function runReadme(server: FreshServer): Promise<void> {
  const folder = mkdtempSync(path.join(import.meta.dirname, 'readme-'));
  try {
    // The example has no type annotations, so it is valid JavaScript as well.
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
