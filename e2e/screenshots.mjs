import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { launchBrowser } from './browser.mjs';
import { startFreshServer } from './fresh-server.mjs';
import { WITH_ADMINISTRATOR, signIn } from './person.mjs';

const root = path.resolve(import.meta.dirname, '..');
const images = path.join(root, 'docs', 'images');
const VIEWPORT = { width: 1_360, height: 800 };
const DECISIONS = '120';
const SEED = '7';

/** Pictures of the demo's data for the README, in `docs/images`. */
mkdirSync(images, { recursive: true });
const server = await startFreshServer({ XRAY_INIT_APP_ID: 'demo', ...WITH_ADMINISTRATOR });
const browser = await launchBrowser();
try {
  await promisify(execFile)(
    process.execPath,
    ['examples/dist/feed.js', '--count', DECISIONS, '--interval-ms', '120', '--seed', SEED],
    {
      cwd: root,
      env: {
        ...process.env,
        XRAY_API_KEY: server.apiKey,
        XRAY_APP_ID: server.appId,
        XRAY_ENDPOINT: server.url,
      },
    },
  );
  await take('executions', 'light', `/executions?app=demo`, async () => {});
  await take('execution', 'light', `/executions?app=demo&q=outcome:declined`, openDeclinedLoan);
  await take('execution-dark', 'dark', `/executions?app=demo&q=outcome:declined`, openDeclinedLoan);
  await take('candidates', 'light', `/executions?app=demo&q=outcome:selected`, openCandidates);
  await take('explain', 'light', `/executions?app=demo&q=outcome:declined`, explainDeclinedLoan);
  await take('letter', 'light', `/executions?app=demo&q=outcome:declined`, writeLetter);
  await take('compare', 'light', `/executions?app=demo&q=outcome:declined`, compareDeclinedLoan);
  await take('why', 'light', `/executions?app=demo&q=outcome:selected`, askWhyOfProduct);
  await take('pipeline', 'light', `/executions?app=demo`, openPipeline);
  await take('groups', 'dark', `/executions?app=demo`, compareGroups);
} finally {
  await browser.close();
  await server.stop();
}

/**
 * @param {string} name of the picture
 * @param {'light' | 'dark'} colorScheme
 * @param {string} address of a list of executions
 * @param {(page: import('playwright-core').Page) => Promise<void>} go from the list to the part to show
 */
async function take(name, colorScheme, address, go) {
  const context = await browser.newContext({
    viewport: VIEWPORT,
    deviceScaleFactor: 1.5,
    colorScheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await signIn(page, server);
  await page.goto(`${server.url}${address}`);
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  await go(page);
  // Several parts may still be loading.
  await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null);
  await page.waitForLoadState('networkidle');
  const file = path.join(images, `${name}.png`);
  await page.screenshot({ path: file });
  await context.close();
  console.log(path.relative(root, file));
}

/** @param {import('playwright-core').Page} page */
async function openDeclinedLoan(page) {
  await page
    .getByRole('link', { name: /loan-approval/ })
    .first()
    .click();
  await page.getByRole('treeitem', { name: /^rules/ }).click();
  const step = page.getByRole('region', { name: /: rules$/ });
  await step.getByRole('columnheader', { name: 'Threshold' }).waitFor();
}

/** @param {import('playwright-core').Page} page */
async function openCandidates(page) {
  await page
    .getByRole('link', { name: /product-selection/ })
    .first()
    .click();
  await page.getByRole('treeitem', { name: /^filters/ }).click();
  await page.getByRole('tab', { name: 'Candidates' }).click();
  await page.getByRole('table', { name: 'Candidates' }).waitFor();
}

/** @param {import('playwright-core').Page} page */
async function explainDeclinedLoan(page) {
  // A decision opens on its explanation.
  await page
    .getByRole('link', { name: /loan-approval/ })
    .first()
    .click();
  await page.getByRole('region', { name: 'What would have changed the decision' }).waitFor();
}

/** @param {import('playwright-core').Page} page */
async function writeLetter(page) {
  await explainDeclinedLoan(page);
  await page.getByRole('link', { name: 'Letter' }).click();
  await page.frameLocator('iframe').getByRole('listitem').first().waitFor();
}

/** @param {import('playwright-core').Page} page */
async function compareDeclinedLoan(page) {
  await openDeclinedLoan(page);
  await page.getByRole('button', { name: 'Compare…' }).click();
  await page.getByRole('menuitem', { name: /Last approved/ }).click();
  await page.getByText('first difference', { exact: true }).waitFor();
}

/** @param {import('playwright-core').Page} page */
async function askWhyOfProduct(page) {
  await openCandidates(page);
  const table = page.getByRole('table', { name: 'Candidates' });
  const id = await table.getByRole('row').nth(2).getByRole('cell').first().innerText();
  await goInApp(page, 'Why?');
  await page.getByLabel('Id of a candidate or a subject').fill(id);
  await page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'Decisions on this candidate, newest first' }).waitFor();
}

/** @param {import('playwright-core').Page} page */
async function openPipeline(page) {
  await goInApp(page, 'Pipelines');
  // The name must be exact, because rows of the previous list contain it as well.
  await page.getByRole('link', { name: 'product-selection', exact: true }).click();
  await page.getByRole('region', { name: 'Graph of the steps' }).waitFor();
}

/** @param {import('playwright-core').Page} page */
async function compareGroups(page) {
  await goInApp(page, 'Compare');
  await page.getByRole('link', { name: 'Two groups' }).click();
  for (const [group, employment] of [
    ['a', 'employed'],
    ['b', 'self_employed'],
  ]) {
    const filter = page.getByRole('combobox', { name: `Filter of group ${group}` });
    await filter.fill(`pipeline:loan-approval tag:${employment}`);
    // Otherwise the completions would cover the button.
    await filter.blur();
  }
  await page.getByRole('button', { name: 'Compare the groups' }).click();
  await page.getByRole('region', { name: 'Outcome rates' }).waitFor();
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} place in the rail
 */
async function goInApp(page, place) {
  await page.getByRole('navigation', { name: 'X-Ray' }).getByRole('link', { name: place }).click();
}
