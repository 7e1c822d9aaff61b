import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const chosen = process.env['XRAY_CHROMIUM'];
const executablePath = (chosen ? [chosen] : USUAL_PLACES).find((place) => existsSync(place));

/** Why the browser stories cannot run here. Null if they can. */
export const noBrowser =
  executablePath !== undefined
    ? null
    : 'no Chromium found: apt-get install chromium, or set XRAY_CHROMIUM to the path of a Chromium or Chrome';

if (noBrowser !== null) {
  if (process.env['CI'] === 'true') throw new Error(noBrowser);
  // vitest does not print the reason of a skipped test.
  console.warn(`The browser stories are skipped: ${noBrowser}.`);
}

/**
 * Starts a headless Chromium that connects only to the pages under test.
 *
 * @param {string[]} [args] further ones of its command line
 */
export async function launchBrowser(args = []) {
  if (executablePath === undefined) throw new Error(noBrowser ?? '');
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}
