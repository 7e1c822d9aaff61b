import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import type { FreshServer } from '../fresh-server.mjs';
import { ADMINISTRATOR } from '../person.mjs';
import { ownServerTest as test } from './story.js';

const GUEST = { email: 'gus@example.org', name: 'Gus', password: 'a guest of this very house' };

/** The server's status for an execution sent with this key. */
async function statusWith({ url, appId }: FreshServer, apiKey: string): Promise<number> {
  const body = { executionId: crypto.randomUUID(), appId, pipeline: 'p', steps: [] };
  const { status } = await fetch(`${url}/executions`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return status;
}

async function newKeyIn(page: Page): Promise<string> {
  const apiKey = await page.getByRole('region', { name: 'API key', exact: true }).innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  return apiKey;
}

test('an owner renames an app, archives it and restores it', async ({ stage }) => {
  const { page, server, complaints } = stage;
  const { url, appId, apiKey } = server;
  await page.goto(`${url}/settings?tab=apps`);
  await page.getByRole('button', { name: `Rename ${appId}` }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Loans');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.getByRole('button', { name: 'Archive Loans' }).click();
  const archive = page.getByRole('button', { name: 'Archive app' });
  expect(await archive.isDisabled()).toBe(true);
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByLabel(`Type ${appId} to confirm`).fill(appId);
  await archive.click();
  const back = page.getByRole('button', { name: 'Restore Loans from the archive' });
  await back.waitFor();
  expect(await statusWith(server, apiKey)).toBe(403);
  await back.click();
  await page.getByRole('button', { name: 'Archive Loans' }).waitFor();
  expect(await statusWith(server, apiKey)).toBe(202);
  expect(complaints).toEqual([]);
});

test('an owner makes a key with a limit, and rotates it', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await page.goto(`${server.url}/settings?tab=keys&app=${server.appId}`);
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name').fill('scorer');
  await page.getByLabel('Requests per minute').fill('2');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Create key' }).click();
  const old = await newKeyIn(page);
  const answers = [];
  for (let n = 0; n < 3; n++) answers.push(await statusWith(server, old));
  expect(answers).toEqual([202, 202, 429]);

  await page.getByRole('button', { name: 'Rotate the key scorer' }).click();
  await page.getByLabel('The old key').selectOption('Stop immediately');
  await page.getByRole('button', { name: 'Rotate key' }).click();
  const next = await newKeyIn(page);
  expect([await statusWith(server, old), await statusWith(server, next)]).toEqual([401, 202]);
  await page.getByText('expired', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test("an owner changes a member's role, removes the member, and revokes an invitation", async ({
  stage,
}) => {
  const { page, server, complaints, openForAnother } = stage;
  const { url, appId } = server;
  await page.goto(`${url}/settings?tab=members&app=${appId}`);
  const invite = async (): Promise<string> => {
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByRole('region', { name: 'link', exact: true }).innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    return link;
  };
  const guest = await openForAnother();
  await guest.goto(await invite());
  await guest.getByLabel('Name').fill(GUEST.name);
  await guest.getByLabel('Email').fill(GUEST.email);
  await guest.getByLabel('Password', { exact: true }).fill(GUEST.password);
  await guest.getByRole('button', { name: 'Create account and join' }).click();
  await guest.getByRole('button', { name: `Account: ${GUEST.name}` }).waitFor();

  await page.reload();
  await page.getByLabel(`Role of ${GUEST.name}`).selectOption('editor');
  await guest.goto(`${url}/settings?tab=keys&app=${appId}`);
  await guest.getByRole('button', { name: 'New key' }).waitFor();
  await page.getByRole('button', { name: `Remove ${GUEST.name}` }).click();
  await page.getByLabel(`Type ${GUEST.email} to confirm`).fill(GUEST.email);
  await page.getByRole('button', { name: 'Remove member' }).click();
  await page.getByText('Only administrators can see this app').waitFor();
  await guest.goto(`${url}/settings?tab=apps`);
  await guest.getByText('You are not a member of any app').waitFor();

  const link = await invite();
  await page.getByRole('button', { name: /^Revoke the invitation/ }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).last().click();
  await page.getByText('There are no open invitations').waitFor();
  expect(complaints).toEqual([]);
  await guest.goto(link);
  await guest.getByText(/used or revoked, or has expired/).waitFor();
});

test('a user changes name and password', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await page.goto(`${server.url}/settings?tab=profile`);
  const profile = page.getByRole('form', { name: 'Profile' });
  await profile.getByLabel('Name').fill('Ada Byron');
  await profile.getByRole('button', { name: 'Save name' }).click();
  await page.getByRole('button', { name: 'Account: Ada Byron' }).waitFor();
  const change = page.getByRole('form', { name: 'Change password' });
  await change.getByLabel('Current password').fill(ADMINISTRATOR.password);
  await change.getByLabel('New password', { exact: true }).fill('an engine of my own making');
  await change.getByRole('button', { name: 'Change password' }).click();
  await change.getByText('Saved.').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
