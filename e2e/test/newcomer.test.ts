import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import {
  APP,
  createApp,
  createKey,
  findNothingToChange,
  inviteViewer,
  revokeKey,
  seeDecision,
  sendDecision,
} from './app-of-ones-own.js';
import { newcomerTest as test } from './story.js';

const OWNER = {
  name: 'Ada',
  email: 'ada@example.org',
  password: 'correct horse battery staple',
};
const VIEWER = { name: 'Vic', email: 'vic@example.org', password: 'a quiet place to read things' };

test('from a first start to a revoked key, and a viewer who can only read', async ({ stage }) => {
  const { page, server, complaints, openForAnother } = stage;

  await page.goto(server.setupLink ?? '');
  await createAccount(page, OWNER, 'Create administrator');
  await page.getByRole('button', { name: `Account: ${OWNER.name}` }).waitFor();

  await createApp(page, server.url);
  const apiKey = await createKey(page, server.url);
  expect(await sendDecision(server.url, apiKey)).toEqual([]);
  await seeDecision(page, server.url);
  const link = await inviteViewer(page, server.url);

  const viewer = await openForAnother();
  await viewer.goto(link);
  await viewer.getByText(`${OWNER.email} invites you to this app as viewer`).waitFor();
  expect(await accessibilityFaults(viewer)).toEqual([]);
  await createAccount(viewer, VIEWER, 'Create account and join');
  await viewer.getByRole('button', { name: `Account: ${VIEWER.name}` }).waitFor();
  await seeDecision(viewer, server.url);
  await findNothingToChange(viewer, server.url);

  await revokeKey(page, server.url);
  const [drop] = await sendDecision(server.url, apiKey);
  expect(drop).toMatchObject({ reason: 'unauthorized' });

  await page.goto(`${server.url}/settings?tab=audit&app=${APP}`);
  const log = page.getByRole('region', { name: 'Audit log' });
  await log.getByText(VIEWER.email).first().waitFor();
  await log.getByLabel('Person').fill(VIEWER.email);
  await log.getByRole('listitem').filter({ hasText: 'accepted an invitation' }).waitFor();
  await log
    .getByRole('listitem')
    .filter({ hasText: OWNER.email })
    .first()
    .waitFor({ state: 'detached' });
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('pages ask people to sign in once, and the sign-in pages redirect people who are signed in', async ({
  stage,
}) => {
  const { page, server, openForAnother } = stage;
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

  const list = page.getByRole('grid', { name: 'Executions' }).getByRole('link').first();
  await page.goto(
    `${server.url}/sign-in?${new URLSearchParams({ next: `/executions?app=${APP}` })}`,
  );
  await list.waitFor();
  await page.goto(server.setupLink ?? '');
  await page.getByRole('button', { name: `Account: ${OWNER.name}` }).waitFor();

  const guest = await openForAnother();
  await guest.goto(server.setupLink ?? '');
  await guest.getByRole('heading', { name: 'X-Ray is already set up' }).waitFor();
});

async function createAccount(page: Page, person: typeof OWNER, button: string): Promise<void> {
  await page.getByLabel('Name').fill(person.name);
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: button }).click();
}
