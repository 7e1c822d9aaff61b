import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packEntries } from '@xray/proof';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { LogMaker, type Folder } from '../../packages/proof/test/support/log-maker.js';
import { launchBrowser, noBrowser } from '../browser.mjs';

const PAGE = path.resolve(import.meta.dirname, '../../packages/proof/dist/verify.html');

describe.skipIf(noBrowser !== null)('an auditor with the folder of an export', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'x-ray-auditor-'));
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
    const context = await browser.newContext({ offline: true });
    page = await context.newPage();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function written(name: string, { checkpoint, entries, lines, about }: Folder): string {
    const out = mkdtempSync(path.join(folder, name));
    writeFileSync(path.join(out, 'checkpoint'), checkpoint);
    writeFileSync(path.join(out, 'entries'), packEntries(entries));
    writeFileSync(path.join(out, 'records.ndjson'), lines.map((line) => `${line}\n`).join(''));
    writeFileSync(path.join(out, 'about.json'), JSON.stringify(about));
    return out;
  }

  async function check(out: string, vkey: string): Promise<string> {
    await page.getByLabel('Folder of the export').setInputFiles(out);
    await page.getByLabel('Public key of the log').fill(vkey);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('on this computer alone').waitFor();
    return await page.locator('#report').innerText();
  }

  test('checks it in a browser from a file, without a network', async () => {
    const log = await LogMaker.open();
    await log.seal([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    log.erase(['c'], 'subject');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(PAGE).href);

    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('enter the public key of the log first').waitFor();
    const sound = await check(written('sound', await log.export()), log.vkey);
    expect(sound).toContain('Nothing in this export contradicts the log');
    expect(sound).toContain('2 intact');
    expect(sound).toContain('1 erased');

    const cut = await log.export({ lines: log.lines(({ leaf }) => leaf === 2) });
    const broken = await check(written('cut', cut), log.vkey);
    expect(broken).toContain('1 problem found');
    expect(broken).toContain('missing · leaf 3');
    expect(requests.every((url) => url.startsWith('file:') || url.startsWith('data:'))).toBe(true);
  });
});
