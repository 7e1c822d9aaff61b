import { readFile } from 'node:fs/promises';
import type { Snapshot } from '@xray/core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../axe.mjs';
import type { FreshServer } from '../fresh-server.mjs';
import { test } from './story.js';

type Loan = Omit<Snapshot, 'appId'>;

const BATCH = 200;
const LONG_NAME = `pipeline-${'with-a-name-that-goes-on-'.repeat(4)}end`;

test('a keyboard user finds an execution, reads it, and returns to the same place', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await send(server, loans(400));
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  const list = page.getByRole('grid', { name: 'Executions' });
  await list.getByRole('link').first().waitFor();

  await page.keyboard.press('/');
  await page.keyboard.type('outcome:declined reason:');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('At character').waitFor();
  expect(await page.getByRole('combobox', { name: 'Filter' }).getAttribute('aria-invalid')).toBe(
    'true',
  );
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.press('End');
  await page.keyboard.type('SCORE_LOW');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=outcome(:|%3A)declined/);
  await page.keyboard.press('Escape');

  const chosen = list.locator('[aria-selected="true"]');
  for (let i = 0; i < 60; i += 1) await page.keyboard.press('j');
  await page.keyboard.press('k');
  await chosen.getByText('SCORE_LOW').waitFor();
  const name = await chosen.getByRole('link').getAttribute('href');

  await page.keyboard.press(' ');
  const peek = page.getByRole('complementary', { name: 'Preview' });
  await peek.getByText('Below what the rule asks for').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Escape');
  await peek.waitFor({ state: 'detached' });

  await page.keyboard.press('Enter');
  await page.getByRole('tree', { name: 'Timeline of the steps' }).waitFor();
  await page.goBack();
  await chosen.waitFor();
  expect(await chosen.getByRole('link').getAttribute('href')).toBe(name);
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  expect(await chosen.getByRole('link').getAttribute('href')).toBe(name);
  expect(complaints).toEqual([]);
});

test('a filter without results suggests which part to remove', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await send(server, loans(20));
  const q = encodeURIComponent('outcome:approved reason:SCORE_LOW');
  await page.goto(`${server.url}/executions?app=${server.appId}&q=${q}`);
  await page.getByRole('heading', { name: 'No execution matches' }).waitFor();
  const suggestion = page.getByRole('button', {
    name: /^without reason:SCORE_LOW: [\d,]+ executions?$/,
  });
  await suggestion.waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'without outcome:approved' }).click();
  await page.getByRole('grid', { name: 'Executions' }).getByText('SCORE_LOW').first().waitFor();
  expect(await page.getByRole('combobox', { name: 'Filter' }).inputValue()).toBe(
    'reason:SCORE_LOW',
  );
  expect(complaints).toEqual([]);
});

test('an error in the filter is shown once, at the filter, above the last results', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await send(server, loans(20));
  await page.goto(
    `${server.url}/executions?app=${server.appId}&q=${encodeURIComponent('outcome:(')}`,
  );
  await page
    .getByRole('alert')
    .getByText(/At character/)
    .waitFor();
  await page.getByText('SCORE_LOW').first().waitFor({ state: 'attached' });
  expect(await page.getByRole('main').getByRole('alert').count()).toBe(1);
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('words are found in their place, counted, followed live and exported', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await send(server, [
    loan({ steps: [{ name: 'note', reasoning: 'The applicant asked for a rowboat loan' }] }),
    ...loans(5),
  ]);
  await page.goto(`${server.url}/executions?app=${server.appId}&q=rowboat`);
  const list = page.getByRole('grid', { name: 'Executions' });
  await list.locator('mark').getByText('rowboat').waitFor();
  await list.getByText('note · reasoning').waitFor();
  expect(await list.getByRole('link').count()).toBe(1);
  const outcomes = page.getByRole('region', { name: 'Outcome', exact: true });
  await outcomes.getByRole('button', { name: /^approved 1$/ }).waitFor();
  const chart = page.getByRole('region', { name: 'Executions over time' });
  // A note follows while the index does not have all records yet.
  await chart.getByText(/^1 execution(\.|$)/).waitFor();

  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await page.getByTitle('Live: new executions appear as they arrive').waitFor();
  await send(server, [
    loan({ decision: { outcome: 'by-bus' } }),
    loan({ decision: { outcome: 'by-boat' }, input: 'another rowboat' }),
  ]);
  await list.getByRole('link', { name: /^by-boat/ }).waitFor();
  await list.getByText('input', { exact: true }).waitFor();
  expect(await list.getByRole('link').count()).toBe(2);
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByText('2 executions will leave X-Ray.').waitFor();
  await page.getByRole('radio', { name: 'Complete records (NDJSON)' }).check();
  expect(await accessibilityFaults(page)).toEqual([]);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => line.includes('rowboat'))).toEqual([true, true]);
  expect(complaints).toEqual([]);
});

test('a list of thousands scrolls to its end with few rows in the page and in memory', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await send(server, loans(4_000));
  await page.goto(
    `${server.url}/executions?app=${server.appId}&cols=id,time&q=pipeline:loan-approval`,
  );
  const list = page.getByRole('grid', { name: 'Executions' });
  await list.getByRole('link').first().waitFor();
  const seen = new Set<string>();
  let end = false;
  while (!end) {
    const { ids, rows, atEnd } = await list.evaluate((grid) => {
      const links = [...grid.querySelectorAll<HTMLAnchorElement>('[role="row"] a')];
      const found = {
        ids: links.map((link) => new URL(link.href).searchParams.get('id') ?? ''),
        rows: grid.querySelectorAll('[role="row"]').length,
        atEnd:
          grid.getAttribute('aria-rowcount') !== '-1' &&
          grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1,
      };
      grid.scrollTop += 480;
      return found;
    });
    for (const id of ids) seen.add(id);
    expect(rows).toBeLessThan(80);
    end = atEnd;
  }
  const { items } = await read(server, page, 'q=pipeline:loan-approval&sort=at&limit=1');
  expect(seen.size).toBeGreaterThanOrEqual(4_000 - 80);
  // The last rows are drawn a moment after the list was scrolled to them.
  const oldest = items[0]?.executionId ?? 'none';
  await list.locator(`[role="row"] a[href*="${oldest}"]`).first().waitFor();
  // Some pages around the visible rows are kept, but never more, however far somebody scrolls.
  expect(await rowsInMemory(page)).toBeLessThan(2_000);
  expect(complaints).toEqual([]);
});

test('new executions appear at the top of a live list, but wait while somebody reads further down', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await send(server, loans(120));
  await page.goto(`${server.url}/executions?app=${server.appId}&q=pipeline:loan-approval`);
  const list = page.getByRole('grid', { name: 'Executions' });
  await list.getByRole('link').first().waitFor();
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await page.getByTitle('Live: new executions appear as they arrive').waitFor();

  await send(server, [loan({ decision: { outcome: 'first-live' } })]);
  await list.getByRole('link', { name: /^first-live/ }).waitFor();
  // An execution of another pipeline, which the filter must hide in the live list, too.
  await send(server, [loan({ pipeline: 'other', decision: { outcome: 'not-asked-for' } })]);

  await list.evaluate((grid) => grid.scrollTo(0, 1_000));
  const before = await list.evaluate((grid) => grid.scrollTop);
  await send(server, [loan({ decision: { outcome: 'second-live' } })]);
  const pill = page.getByRole('button', { name: '1 new' });
  await pill.waitFor();
  expect(await list.evaluate((grid) => grid.scrollTop)).toBe(before);
  expect(await accessibilityFaults(page)).toEqual([]);
  await pill.click();
  await list.getByRole('link', { name: /^second-live/ }).waitFor();
  expect(await list.getByRole('link', { name: /^not-asked-for/ }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('an analyst filters by facets, and zooms into a part of the time range', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await send(server, loans(300));
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  const filter = page.getByRole('combobox', { name: 'Filter' });
  const outcomes = page.getByRole('region', { name: 'Outcome', exact: true });
  await outcomes.getByRole('button', { name: /^declined/ }).click();
  await page.waitForURL(/q=outcome/);
  expect(await filter.inputValue()).toBe('outcome:declined');
  const declined = outcomes.getByRole('button', { name: /^declined/ });
  expect(await declined.getAttribute('aria-pressed')).toBe('true');
  await page
    .getByRole('region', { name: 'Pipeline', exact: true })
    .getByRole('button', { name: /^loan-approval/ })
    .click({ modifiers: ['Alt'] });
  await page.waitForURL(/-pipeline/);
  expect(await filter.inputValue()).toBe('outcome:declined -pipeline:loan-approval');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.goBack();
  await page.waitForURL((url) => !url.search.includes('pipeline'));

  const chart = page.getByRole('region', { name: 'Executions over time' });
  const bars = chart.getByRole('slider');
  await bars.waitFor();
  // The same numbers as a table, for people who cannot see the bars.
  await chart.getByRole('table').getByRole('row').nth(1).waitFor();
  const before = page.url();
  const box = await bars.boundingBox();
  if (box === null) throw new Error('the chart has no place');
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  await page.getByRole('button', { name: /^Time range: 20\d\d-/ }).waitFor();
  await page.goBack();
  await page.waitForURL(before);

  await bars.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=.*to=/);
  expect(complaints).toEqual([]);
});

test('columns can be chosen, ordered and resized, also by keyboard, and keep their state', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await send(server, [loan({ pipeline: LONG_NAME }), ...loans(5)]);
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  const list = page.getByRole('grid', { name: 'Executions' });
  const heads = list.getByRole('columnheader');
  await heads.first().waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Versions' }).check();
  await page.getByRole('button', { name: 'Move Duration to the left' }).press('Enter');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Columns' }).waitFor({ state: 'detached' });

  const width = page.getByRole('slider', { name: 'Width of Pipeline' });
  const widthPx = async () => (await heads.nth(1).boundingBox())?.width ?? 0;
  const beforePx = await widthPx();
  await width.press('ArrowRight');
  const afterPx = await widthPx();
  // The tolerance is for whole pixels.
  expect(Math.abs(afterPx - beforePx - 16)).toBeLessThanOrEqual(1);
  await heads.filter({ hasText: 'Subject' }).dragTo(heads.filter({ hasText: 'Outcome' }));

  const wanted = ['Subject', 'Outcome', 'Pipeline', 'Duration', 'Reason', 'Time', 'Versions'];
  expect(await heads.allInnerTexts()).toEqual(wanted);
  await page.reload();
  await heads.first().waitFor();
  expect(await heads.allInnerTexts()).toEqual(wanted);
  expect((await heads.nth(2).boundingBox())?.width).toBeCloseTo(afterPx, 1);

  await page.getByRole('button', { name: 'Duration', exact: true }).click();
  await page.waitForURL(/sort=-duration/);
  expect(await list.getByRole('columnheader', { name: /Duration/ }).getAttribute('aria-sort')).toBe(
    'descending',
  );
  expect(complaints).toEqual([]);
});

test('a view can be saved, opened again, renamed, shared, and deleted', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await send(server, loans(10));
  await page.goto(
    `${server.url}/executions?app=${server.appId}&q=outcome:declined&sort=-duration&cols=id,time`,
  );
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  await page.getByRole('button', { name: 'Views' }).click();
  const views = page.getByRole('dialog', { name: 'Saved views' });
  await views.getByLabel('Name of this view').fill('Slow refusals');
  await views.getByRole('button', { name: 'Save' }).click();
  await views.getByRole('link', { name: 'Slow refusals' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.goto(`${server.url}/executions?app=${server.appId}`);
  await page.getByRole('button', { name: 'Views' }).click();
  await views.getByRole('link', { name: 'Slow refusals' }).click();
  await page.waitForURL(/sort=-duration/);
  expect(await page.getByRole('combobox', { name: 'Filter' }).inputValue()).toBe(
    'outcome:declined',
  );

  await page.getByRole('button', { name: 'Views' }).click();
  await views.getByRole('region', { name: 'Only mine' }).getByText('Slow refusals').waitFor();
  await views.getByLabel('Name of this view').fill('Slow refusals');
  await views.getByRole('checkbox', { name: /^Share it/ }).check();
  await views.getByRole('button', { name: 'Save' }).click();
  const shared = views.getByRole('region', { name: `Shared in ${server.appId}` });
  await shared.getByRole('link', { name: 'Slow refusals' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await shared.getByRole('button', { name: 'Rename Slow refusals' }).click();
  await page.keyboard.type('Something else');
  await page.keyboard.press('Escape');
  await shared.getByRole('button', { name: 'Rename Slow refusals' }).click();
  const field = shared.getByLabel('New name of Slow refusals');
  expect(await field.inputValue()).toBe('Slow refusals');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.type('Refused slowly');
  await page.keyboard.press('Enter');
  await shared.getByRole('link', { name: 'Refused slowly' }).waitFor();
  await shared.getByRole('button', { name: 'Delete Refused slowly' }).click();
  await views.getByText('No views yet.').waitFor();
  expect(complaints).toEqual([]);
});

test('on a phone, in dark mode, everything fits and is accessible', async ({ stage }) => {
  const { page, server, complaints } = stage;
  await send(server, [loan({ pipeline: LONG_NAME }), ...loans(60)]);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.goto(`${server.url}/executions?app=${server.appId}`);
  await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Live', exact: true }).click();
  const tools = ['Facets', 'Views', /^Time range/, 'Pause live updates', 'Columns', 'Refresh'];
  const tops = await Promise.all(
    tools.map(async (name) => (await page.getByRole('button', { name }).boundingBox())?.y),
  );
  expect(new Set(tops).size).toBe(1);

  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Environment' }).check();
  await page.keyboard.press('Escape');
  await page.getByRole('row').getByText('Environment', { exact: true }).nth(1).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

/** The number of rows that the page still holds in memory after a garbage collection. */
async function rowsInMemory(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  const { result: prototype } = await devtools.send('Runtime.evaluate', {
    expression: 'Object.prototype',
  });
  const { objects } = await devtools.send('Runtime.queryObjects', {
    prototypeObjectId: prototype.objectId ?? '',
  });
  const { result } = await devtools.send('Runtime.callFunctionOn', {
    objectId: objects.objectId ?? '',
    functionDeclaration: `function () {
      const isRow = (each) => Object.hasOwn(each, 'executionId') && Object.hasOwn(each, 'stepCount');
      return Array.from(this).filter(isRow).length;
    }`,
    returnByValue: true,
  });
  return Number(result.value);
}

function loan(changes: Partial<Loan> = {}): Loan {
  const nowMs = Date.now();
  return {
    executionId: crypto.randomUUID(),
    pipeline: 'loan-approval',
    startedAt: new Date(nowMs).toISOString(),
    endedAt: new Date(nowMs + 12).toISOString(),
    durationMs: 12,
    decision: { outcome: 'approved' },
    steps: [{ name: 'rules', input: { score: 612 }, output: { ok: false } }],
    ...changes,
  };
}

/** Every third loan is declined. They begin a minute apart, so all of them are on the last day. */
function loans(count: number): Loan[] {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, index) =>
    loan({
      startedAt: new Date(nowMs - Math.round((index / count) * 20 * 3_600_000)).toISOString(),
      durationMs: index,
      subjects: [{ type: 'applicant', id: `a-${index}`, idForm: 'plain' }],
      ...(index % 3 === 0
        ? {
            decision: {
              outcome: 'declined',
              adverse: true,
              reasons: [{ code: 'SCORE_LOW', text: 'Below what the rule asks for' }],
            },
          }
        : {}),
    }),
  );
}

async function send(server: FreshServer, loans: readonly Loan[]): Promise<void> {
  const snapshots = loans.map((each) => ({ ...each, appId: server.appId }));
  for (let at = 0; at < snapshots.length; at += BATCH) {
    const response = await fetch(`${server.url}/executions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(snapshots.slice(at, at + BATCH)),
    });
    expect(response.status).toBe(202);
  }
}

async function read(
  server: FreshServer,
  page: Page,
  query: string,
): Promise<{ items: { executionId: string }[] }> {
  const answer = await page.request.get(
    `${server.url}/api/apps/${server.appId}/executions?${query}`,
  );
  return await answer.json();
}
