import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import { test } from './story.js';

test('what is copied from the page for curl is what sends a first execution, and the page turns into it', async ({
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
  expect(await accessibilityFaults(page)).toEqual([]);
  await promisify(execFile)(
    'bash',
    ['-c', `${(await snippet.innerText()).trim()} --fail --silent --show-error`],
    {
      env: { ...process.env, XRAY_API_KEY: server.apiKey },
    },
  );
  await page.getByText('Your first execution has arrived.').waitFor();
  await page.getByText('1 execution in the last 24 h').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'See why it was decided so' }).click();
  await page.getByRole('treeitem', { name: /^check_score/ }).waitFor();
  expect(complaints).toEqual([]);
});
