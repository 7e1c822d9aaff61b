import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import { ownServerTest as test } from './story.js';

test('a key made in one click and the snippet for curl send a first decision, which the page then shows', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await page.goto(server.url);
  const help = page.getByRole('region', { name: 'Send a first execution' });
  await help.getByRole('tab', { name: 'Python' }).click();
  await help.getByRole('region', { name: 'Snippet in Python' }).getByText(server.url).waitFor();
  await help.getByRole('tab', { name: 'curl' }).click();
  const snippet = help.getByRole('region', { name: 'Snippet in curl' });
  await help.getByText('Waiting for your first execution').waitFor();
  await help.getByRole('button', { name: 'Create a key' }).click();
  const commands = help.getByRole('region', { name: 'Commands for curl' });
  await commands.getByText(/XRAY_API_KEY=xr_\w{12}_/).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  const typed = [await commands.innerText(), await snippet.innerText()].map((text) => text.trim());
  await promisify(execFile)('bash', ['-c', `${typed.join('\n')} --fail --silent --show-error`]);
  await page.getByText('Your first execution has arrived.').waitFor();
  await page.getByText('Reason: SCORE_LOW').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'See why' }).click();
  await page.getByRole('treeitem', { name: /^rules/ }).waitFor();
  // Once there is data, the first page of a single app is its list.
  await page.goto(server.url);
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  expect(complaints).toEqual([]);
});
