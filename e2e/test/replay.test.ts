import { readFile } from 'node:fs/promises';
import { expect, onTestFinished } from 'vitest';
import { decideLoans, type Applicant } from './loans.js';
import { addressOf, pullLoans } from './replayed.js';
import { expectUsable, lookOn, test } from './story.js';

/** Scores from 600 on. The rule asks for 620, and the changed rule for 660. */
const APPLICANTS: Applicant[] = Array.from({ length: 60 }, (_, index) => ({
  applicantId: String(9_100 + index),
  region: index % 2 === 0 ? 'north' : 'south',
  file: { score: 600 + index * 2 },
}));

test('a developer sees which decisions a changed rule flips, before it ships', async ({
  stage,
}) => {
  const { page, server, complaints } = stage;
  await decideLoans(server, APPLICANTS);
  const folder = await pullLoans(page, server);
  onTestFinished(folder.remove);

  // The old code reproduces its records, and the changed rule flips decisions.
  const base = await folder.run({}, '--json', folder.file('base.json'));
  expect(base).toMatchObject({ code: 0 });
  const changed = await folder.run(
    { minScore: 660 },
    '--control',
    folder.file('base.json'),
    '--json',
    folder.file('r.json'),
    '--junit',
    folder.file('r.xml'),
    '--markdown',
    folder.file('r.md'),
    '--store',
    '--name',
    'stricter-score',
  );
  expect(changed.code).toBe(1);
  const report: {
    counts: { flipped: number };
    causes: { decided: string; was: string; is: string; count: number }[];
  } = JSON.parse(await readFile(folder.file('r.json'), 'utf8'));
  const { flipped } = report.counts;
  expect(flipped).toBeGreaterThan(10);
  expect(new Set(report.causes.map(({ decided }) => decided))).toEqual(new Set(['min_score']));
  expect(await readFile(folder.file('r.xml'), 'utf8')).toContain('min_score: ');
  expect(await readFile(folder.file('r.md'), 'utf8')).toContain('The gate does not hold');

  // The page shows the same figures.
  await page.goto(`${server.url}/replay?app=${server.appId}`);
  await page.getByRole('link', { name: 'stricter-score' }).click();
  await page.waitForURL(addressOf(changed));
  await page.getByText('gate does not hold').first().waitFor();
  const causes = page.getByRole('region', { name: 'Caused by' }).getByRole('button');
  await causes.first().waitFor();
  expect(await causes.allInnerTexts()).toEqual(
    report.causes.map(({ was, is, count }) =>
      expect.stringMatching(new RegExp(`^rules · min_score: ${was} → ${is}\\s+${String(count)}$`)),
    ),
  );
  await causes.first().click();
  expect(new URL(page.url()).searchParams.get('cause')).toBe('min_score');
  const rows = page.getByRole('region', { name: 'Executions' }).getByRole('listitem');
  await expect.poll(() => rows.count()).toBe(report.causes[0]?.count);
  expect(await rows.first().innerText()).toContain('>= 620, pass');
  await lookOn(page, { theme: 'dark', widthPx: 390 });
  await expectUsable(page);
  await lookOn(page, { theme: 'light', widthPx: 1_280 });
  await rows.first().getByRole('link', { name: 'Side by side' }).click();
  const after = page.getByRole('region', { name: 'Execution b' });
  await after.getByText(report.causes[0]?.is ?? '').waitFor();

  // The record alone says the same of the approved ones, without any code.
  await page.goto(`${server.url}/pipeline-rules?app=${server.appId}&p=loan-approval&from=all`);
  const rule = page.getByRole('region', { name: 'Rule min_score', exact: true });
  await rule.getByText('What if the threshold were different?').click();
  await rule.getByRole('textbox', { name: 'Threshold' }).fill('660');
  await rule.getByRole('textbox', { name: 'Threshold' }).press('Enter');
  await rule.getByText('if the rule alone decides').waitFor();
  expect(new URL(page.url()).searchParams.get('set')).toBe('min_score:660');
  expect(await rule.innerText()).toMatch(/at most \d+ in any case, of 60 executions/);
  expect(complaints).toEqual([]);
});
