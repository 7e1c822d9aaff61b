import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { launchBrowser, noBrowser } from '../browser.mjs';

const START = path.resolve(import.meta.dirname, '../../scripts/start.mjs');

test.skipIf(noBrowser !== null)(
  'the demo prints a link that opens the dashboard signed in, with decisions that keep arriving',
  async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'x-ray-demo-'));
    const demo = spawn(process.execPath, [START, '--demo'], {
      env: { ...process.env, DATABASE_URL: '', PORT: '0', XRAY_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    onTestFinished(async () => {
      demo.kill('SIGTERM');
      await ended;
      await rm(dataDir, { recursive: true });
    });
    const link = await new Promise<string>((resolve, reject) => {
      createInterface({ input: demo.stdout }).on('line', (line) => {
        if (line.includes('/sign-in#')) resolve(line.trim());
      });
      void ended.then((code) => reject(new Error(`the demo ended with code ${String(code)}`)));
    });
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: /^Account: / }).waitFor();
    await page.goto(`${new URL(link).origin}/executions?app=demo`);
    await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/executions');
  },
);
