import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { decideLoans } from './loans.js';
import { expectUsable, filterBy, lookOn, seenOn, test } from './story.js';

/** The space between the margins of A4 in a browser's print dialog, in CSS pixels. */
const PAPER_PX = { width: 718, height: 1_047 };

test.for(seenOn('light', 390))(
  'the support agent goes from a customer’s id to the reasons, reads them out and prints them ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await decideLoans(server, [
      { applicantId: '8140' },
      { applicantId: '8141', file: { score: 540 } },
      { applicantId: '8142', file: { score: 560 } },
    ]);
    await lookOn(page, view);

    await page.goto(`${server.url}/executions?app=${server.appId}`);
    await filterBy(page, 'subject:applicant/8141');
    const list = page.getByRole('grid', { name: 'Executions' });
    await list.getByText('approved').waitFor({ state: 'detached' });
    await list.getByRole('link').first().click();
    const reasons = page.getByRole('list', { name: 'Reasons' });
    await reasons.getByText('SCORE_LOW').waitFor();
    expect(await reasons.innerText()).toMatch(/min_score: 540 < 620/);
    await expectUsable(page);

    await page.getByRole('link', { name: 'what would change it' }).click();
    const panel = page.getByRole('region', { name: 'Explanation', exact: true });
    const flip = panel.getByRole('region', { name: 'What would have changed the decision' });
    await flip.getByText('With everything else unchanged').waitFor();
    expect(await flip.innerText()).toMatch(/min_score ≥ 620 instead of 540, 80 away/);
    await panel.getByText('Show as plain text').click();
    const words = await panel.getByRole('region', { name: 'Explanation as text' }).innerText();
    expect(words).toContain('loan-approval on applicant 8141: the decision was declined');
    expect(words).toMatch(/SCORE_LOW/);
    await expectUsable(page);

    // The address alone leads back to the report, for a reader of the printed page.
    await page.goto(page.url());
    await flip.getByText('With everything else unchanged').waitFor();
    await expectReportOnPaper(page);
    expect(complaints).toEqual([]);
  },
);

/** The print shows only the report, on one page, and nothing is cut off at the side. */
async function expectReportOnPaper(page: Page): Promise<void> {
  const screen = page.viewportSize();
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);

  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize(PAPER_PX);
  // An open sheet hides everything else from the accessibility tree, so this is not found by role.
  const report = page.locator('article');
  await report.getByText('Explanation of a decision').waitFor();
  const printed = await report.innerText();
  for (const text of ['SCORE_LOW', 'min_score', '540 < 620', 'applicant 8141', page.url()]) {
    expect(printed).toContain(text);
  }
  expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0);
  expect(await page.getByRole('tree').isVisible()).toBe(false);
  const cutOff = await report.evaluate((article) =>
    [...article.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
      .map((element) => element.outerHTML),
  );
  expect(cutOff).toEqual([]);
  await page.emulateMedia({ media: 'screen' });
  if (screen !== null) await page.setViewportSize(screen);
}
