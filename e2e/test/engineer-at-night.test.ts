import { expect } from 'vitest';
import { decideLoans } from './loans.js';
import { expectUsable, filterBy, lookOn, seenOn, test } from './story.js';

test.for(seenOn('dark', 1_280))(
  'the engineer at 3 a.m. finds the failing step, what it was given, and how a good one went ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await decideLoans(server, [
      { applicantId: '8120' },
      { applicantId: '8121' },
      // The form was changed yesterday and now accepts a space.
      { applicantId: '81 22' },
    ]);
    await lookOn(page, view);

    await page.goto(`${server.url}/executions?app=${server.appId}`);
    await filterBy(page, 'status:failed');
    const list = page.getByRole('grid', { name: 'Executions' });
    await list.getByText('approved').waitFor({ state: 'detached' });
    await expectUsable(page);
    await list.getByRole('link').first().click();

    await page.getByText('UnknownApplicantError in credit_file').waitFor();
    await page.getByRole('treeitem', { name: /^credit_file/ }).click();
    const step = page.getByRole('region', { name: /: credit_file$/ });
    await step.getByText('the bureau knows no applicant "81 22"').first().waitFor();
    await expectUsable(page);
    await step.getByRole('tab', { name: 'Input' }).click();
    await page.getByRole('tabpanel', { name: 'Input' }).getByText('"81 22"').waitFor();
    await expectUsable(page);

    if (view.widthPx === 390) await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Compare…' }).click();
    const lastGood = page.getByRole('menuitem', { name: /^Last approved/ });
    await lastGood.getByText('approved', { exact: true }).waitFor();
    await expectUsable(page);
    await lastGood.click();

    await page.getByText('first difference:').waitFor();
    await page.getByRole('button', { name: 'Go to the first divergence' }).click();
    const parting = page.getByRole('region', { name: 'Step assess: changed' });
    await parting.getByText('they diverge here').waitFor();
    const compared = page.getByRole('region', { name: 'Step credit_file: changed' });
    await compared.getByText('"8121"').waitFor();
    await compared.getByText('"81 22"', { exact: true }).waitFor();
    await expectUsable(page);
    expect(complaints).toEqual([]);
  },
);
