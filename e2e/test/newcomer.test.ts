import XRaySDK from '@xray/sdk';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import { newcomerTest as test } from './story.js';

const APP = 'loans';
const OWNER = {
  name: 'Ada',
  email: 'ada@example.org',
  password: 'correct horse battery staple',
};
const VIEWER = { name: 'Vic', email: 'vic@example.org', password: 'a quiet place to read things' };

test('from a first start to a revoked key, and a viewer who only looks', async ({ stage }) => {
  const { page, server, complaints, openForAnother } = stage;

  await page.goto(server.setupLink ?? '');
  await createAccount(page, OWNER, 'Create administrator');
  await page.getByRole('button', { name: `Account: ${OWNER.name}` }).waitFor();

  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: 'New app' }).click();
  await page.getByLabel('Id', { exact: true }).fill(APP);
  await page.getByRole('button', { name: 'Create app' }).click();
  await page.getByRole('main').getByRole('link', { name: APP, exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.goto(`${server.url}/settings?tab=keys&app=${APP}`);
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name').fill('loan service');
  await page.getByRole('button', { name: 'Create key' }).click();
  const apiKey = await page.getByRole('region', { name: 'API key', exact: true }).innerText();
  expect(apiKey).toMatch(/^xr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Revoke the key loan service' }).waitFor();
  expect(await page.content()).not.toContain(apiKey);
  expect(await accessibilityFaults(page)).toEqual([]);

  expect(await sendDecision(server.url, apiKey)).toEqual([]);
  await seeDecision(page, server.url);

  await page.goto(`${server.url}/settings?tab=members&app=${APP}`);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByLabel('Role').selectOption('viewer');
  await page.getByRole('button', { name: 'Create link' }).click();
  const link = await page.getByRole('region', { name: 'link', exact: true }).innerText();
  expect(link.startsWith(`${server.url}/invitation#`)).toBe(true);
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await accessibilityFaults(page)).toEqual([]);

  const viewer = await openForAnother();
  await viewer.goto(link);
  await viewer.getByText(`${OWNER.email} invites you to this app as viewer`).waitFor();
  expect(await accessibilityFaults(viewer)).toEqual([]);
  await createAccount(viewer, VIEWER, 'Create account and join');
  await viewer.getByRole('button', { name: `Account: ${VIEWER.name}` }).waitFor();
  await seeDecision(viewer, server.url);
  await findNothingToChange(viewer, server.url);

  await page.goto(`${server.url}/settings?tab=keys&app=${APP}`);
  await page.getByRole('button', { name: 'Revoke the key loan service' }).click();
  await page.getByLabel('Type loan service to confirm').fill('loan service');
  await page.getByRole('button', { name: 'Revoke key', exact: true }).click();
  await page.getByText('revoked', { exact: true }).waitFor();
  const [drop] = await sendDecision(server.url, apiKey);
  expect(drop).toMatchObject({ reason: 'unauthorized' });

  await page.goto(`${server.url}/settings?tab=audit&app=${APP}`);
  await page.getByRole('region', { name: 'Audit log' }).getByText(VIEWER.email).first().waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('who has not signed in is asked to, and then sees the page they wanted', async ({ stage }) => {
  const { page, server } = stage;
  await page.goto(`${server.url}/executions?app=${APP}`);
  const form = page.getByRole('form', { name: 'Sign in' });
  await form.getByLabel('Email').fill(OWNER.email);
  await form.getByLabel('Password').fill('not the password at all');
  await form.getByRole('button', { name: 'Sign in' }).click();
  await form.getByRole('alert').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await form.getByLabel('Password').fill(OWNER.password);
  await form.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  expect(new URL(page.url()).search).toContain(`app=${APP}`);

  await page.goto(server.setupLink ?? '');
  await page.getByRole('heading', { name: 'X-Ray is set up already' }).waitFor();
});

async function createAccount(page: Page, person: typeof OWNER, button: string): Promise<void> {
  await page.getByLabel('Name').fill(person.name);
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: button }).click();
}

/** @returns what was not delivered, and why */
async function sendDecision(endpoint: string, apiKey: string): Promise<unknown[]> {
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

async function seeDecision(page: Page, url: string): Promise<void> {
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

/** Neither on the pages nor, with the page's own cookie, behind them. */
async function findNothingToChange(page: Page, url: string): Promise<void> {
  for (const tab of ['apps', 'keys', 'members', 'audit']) {
    await page.goto(`${url}/settings?tab=${tab}&app=${APP}`);
    const panel = page.getByRole('tabpanel').getByRole('region').first();
    await panel.getByText('viewer').first().waitFor();
    expect(await panel.getByRole('button').allInnerTexts()).toEqual([]);
    expect(await accessibilityFaults(page)).toEqual([]);
  }
  const { request } = page.context();
  const headers = { origin: url };
  const app = `${url}/api/apps/${APP}`;
  const refused = [
    await request.post(`${url}/api/apps`, { headers, data: { id: 'mine' } }),
    await request.patch(app, { headers, data: { name: 'Mine' } }),
    await request.post(`${app}/keys`, { headers, data: {} }),
    await request.post(`${app}/invitations`, { headers, data: { role: 'owner' } }),
    await request.get(`${app}/members`),
    await request.get(`${app}/audit`),
  ];
  expect(refused.map((answer) => answer.status())).toEqual(refused.map(() => 403));
}
