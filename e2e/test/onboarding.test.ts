import { execFile } from 'node:child_process';
import path from 'node:path';
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

/** A program with the exporter of OpenTelemetry and no other settings than the two variables. */
const PROGRAM = `
  import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
  import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: new OTLPTraceExporter() })] });
  const attributes = { 'openinference.span.kind': 'CHAIN', 'loan.product': 'mortgage', 'output.value': '{"code":"N"}' };
  provider.getTracer('loans').startSpan('assess', { attributes }).end();
  await provider.shutdown();
`;

test('two copied lines bring the first trace of a program, and a rule says where its outcome is', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await page.goto(`${server.url}/settings?tab=connect&app=${server.appId}`);
  await page.getByText('Waiting for the first trace.').waitFor();
  await page.getByRole('button', { name: 'Create a key' }).click();
  const lines = page.getByRole('region', { name: 'Lines' });
  await lines.getByText(/x-api-key=xr_\w{12}_/).waitFor();
  const text = await lines.innerText();
  const variables = Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
  ) as Record<string, string>;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    // The server's tests have the exporter.
    cwd: path.join(import.meta.dirname, '../../server'),
    env: { ...process.env, ...variables },
  });
  await page.getByText('1 trace has arrived.').waitFor();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('Path in the output').fill('code');
  await page.getByLabel('Outcomes by value').fill('N=declined');
  await page.getByLabel('Pipeline attributes').fill('loan.product');
  await page.getByRole('button', { name: 'Preview' }).click();
  const preview = page.getByRole('list', { name: 'Preview of traces' });
  await preview.getByText('declined', { exact: true }).waitFor();
  await preview.getByText('mortgage', { exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved.').waitFor();
  await preview.getByRole('link').click();
  await page.getByRole('treeitem', { name: /^assess/ }).waitFor();
  await page.getByText('Read from OpenTelemetry').click();
  await page.getByText('span name').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
