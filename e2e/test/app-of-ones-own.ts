import XRaySDK from '@xray/sdk';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';

/** An administrator creates an app and uses it. The story is the same for local accounts and for Clerk. */
export const APP = 'loans';
const KEY = 'loan service';

export async function createApp(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/settings`);
  await page.getByRole('button', { name: 'New app' }).click();
  await page.getByLabel('Id', { exact: true }).fill(APP);
  await page.getByRole('button', { name: 'Create app' }).click();
  await page.getByRole('main').getByRole('link', { name: APP, exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
}

/** @returns the key, which the page shows only once */
export async function createKey(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/settings?tab=keys&app=${APP}`);
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name').fill(KEY);
  await page.getByRole('button', { name: 'Create key' }).click();
  const apiKey = await page.getByRole('region', { name: 'API key', exact: true }).innerText();
  expect(apiKey).toMatch(/^xr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: `Revoke the key ${KEY}` }).waitFor();
  expect(await page.content()).not.toContain(apiKey);
  expect(await accessibilityFaults(page)).toEqual([]);
  return apiKey;
}

export async function revokeKey(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/settings?tab=keys&app=${APP}`);
  await page.getByRole('button', { name: `Revoke the key ${KEY}` }).click();
  await page.getByLabel(`Type ${KEY} to confirm`).fill(KEY);
  await page.getByRole('button', { name: 'Revoke key', exact: true }).click();
  await page.getByText('revoked', { exact: true }).waitFor();
}

/** @returns the link that makes a viewer */
export async function inviteViewer(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/settings?tab=members&app=${APP}`);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByLabel('Role').selectOption('viewer');
  await page.getByRole('button', { name: 'Create link' }).click();
  const link = await page.getByRole('region', { name: 'link', exact: true }).innerText();
  expect(link.startsWith(`${url}/invitation#`)).toBe(true);
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await accessibilityFaults(page)).toEqual([]);
  return link;
}

/** @returns the snapshots that were not delivered, with the reason */
export async function sendDecision(endpoint: string, apiKey: string): Promise<unknown[]> {
  const drops: unknown[] = [];
  const xray = new XRaySDK({
    apiKey,
    endpoint,
    appId: APP,
    pipeline: 'loan-approval',
    onDrop: (drop) => drops.push(drop),
  });
  const execution = xray.startExecution();
  execution.recordStep({
    name: 'check_rules',
    input: { score: 750 },
    output: { approved: true },
    reasoning: 'Score >= 700',
    status: 'completed',
  });
  execution.completeExecution();
  await xray.shutdown();
  return drops;
}

export async function seeDecision(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/executions?app=${APP}`);
  const list = page.getByRole('grid', { name: 'Executions' });
  await list
    .getByRole('link', { name: /loan-approval/ })
    .first()
    .click();
  await page.getByRole('treeitem', { name: /^check_rules/ }).click();
  const seen = { Input: '750', Output: 'approved', Reasoning: 'Score >= 700' };
  for (const [tab, text] of Object.entries(seen)) {
    await page.getByRole('tab', { name: tab, exact: true }).click();
    await page.getByRole('tabpanel', { name: tab, exact: true }).getByText(text).first().waitFor();
  }
}

/**
 * Checks that a viewer cannot change anything, neither on the pages nor with the page's own credentials.
 */
export async function findNothingToChange(page: Page, url: string): Promise<void> {
  for (const tab of ['apps', 'keys', 'members', 'audit']) {
    await page.goto(`${url}/settings?tab=${tab}&app=${APP}`);
    const panel = page.getByRole('tabpanel').getByRole('region').first();
    await panel.getByText('viewer').first().waitFor();
    expect(await panel.getByRole('button').allInnerTexts()).toEqual([]);
    expect(await accessibilityFaults(page)).toEqual([]);
  }
  const asking = page.waitForRequest(`${url}/api/apps`);
  await page.reload();
  const { authorization } = await (await asking).allHeaders();
  const headers = { origin: url, ...(authorization !== undefined && { authorization }) };
  const { request } = page.context();
  const app = `${url}/api/apps/${APP}`;
  const refused = [
    await request.post(`${url}/api/apps`, { headers, data: { id: 'mine' } }),
    await request.patch(app, { headers, data: { name: 'Mine' } }),
    await request.post(`${app}/keys`, { headers, data: {} }),
    await request.post(`${app}/invitations`, { headers, data: { role: 'owner' } }),
    await request.get(`${app}/members`, { headers }),
    await request.get(`${app}/audit`, { headers }),
  ];
  expect(refused.map((answer) => answer.status())).toEqual(refused.map(() => 403));
}
