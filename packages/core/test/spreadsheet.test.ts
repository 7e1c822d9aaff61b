import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { csvRow } from '../src/csv.js';

// Debian: apt-get install --no-install-recommends libreoffice-calc-nogui. It starts in some seconds.
const isFull = process.env['XRAY_TEST_FULL'] === '1';
const why = !isFull ? 'runs in test:full' : hasLibreOffice() ? '' : 'needs LibreOffice (soffice)';

function hasLibreOffice(): boolean {
  try {
    execFileSync('soffice', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The cells of the file as LibreOffice opens it, with those that it would compute. */
async function openInLibreOffice(csv: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-spreadsheet-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'table.csv');
  await writeFile(file, csv);
  await promisify(execFile)('soffice', [
    '--headless',
    `-env:UserInstallation=file://${folder}/profile`,
    // Separator, quote, UTF-8, first line, all columns as LibreOffice recognizes them.
    '--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1',
    '--convert-to',
    'fods',
    '--outdir',
    folder,
    file,
  ]);
  const sheet = await readFile(path.join(folder, 'table.fods'), 'utf8');
  const cells = [...sheet.matchAll(/<text:p>([^<]*)<\/text:p>/g)].map(([, text = '']) =>
    text
      .replaceAll('&apos;', "'")
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&'),
  );
  return { cells, computed: [...sheet.matchAll(/table:formula="[^"]*"/g)].map(([text]) => text) };
}

describe('a table in a spreadsheet', () => {
  test.skipIf(why !== '')(
    `opens in LibreOffice without computing or fetching anything${why && ` (${why})`}`,
    async () => {
      let requests = 0;
      const server = createServer((_req, res) => {
        requests++;
        res.end('1');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const hostile = [
        '=1+1',
        '+1+1',
        '-1+1',
        '@SUM(1;1)',
        '\t=1+1',
        '\r=1+1',
        `=WEBSERVICE("${url}")`,
        `=HYPERLINK("${url}";"click")`,
        '=DDE("cmd";"/C calc";"x")',
        "=cmd|' /C calc'!A0",
        '"=1+1',
        'plain; =1+1',
      ];
      const { cells, computed } = await openInLibreOffice(
        csvRow(['id', 'text']) + hostile.map((text, at) => csvRow([at, text])).join(''),
      );
      expect(computed).toEqual([]);
      expect(requests).toBe(0);
      // White space at the beginning of a cell is normalized by the file format.
      for (const text of hostile) expect(cells.join('\n')).toContain(text.trim());
      // The test would notice: without our apostrophe the same text is computed.
      expect((await openInLibreOffice('"=1+1"\r\n')).computed).toHaveLength(1);
    },
    120_000,
  );
});
