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

test.for(seenOn('light', 390))(
  'the engineer finds on a phone what failed in the last hour in two clicks, from the first page ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await decideLoans(server, [{ applicantId: '8130' }, { applicantId: '81 31' }]);
    await lookOn(page, view);
    await page.goto(server.url);
    const card = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: server.appId }) });
    await card.getByRole('link', { name: 'failed in the last hour' }).click();
    const list = page.getByRole('grid', { name: 'Executions' });
    await list.getByRole('link').first().waitFor();
    expect(await list.getByText('approved').count()).toBe(0);
    await expectUsable(page);
    await list.getByRole('link').first().click();
    await page.getByText('UnknownApplicantError in credit_file').waitFor();
    await page.getByText('the bureau knows no applicant "81 31"').first().waitFor();
    expect(complaints).toEqual([]);
  },
);

test.for(seenOn('dark', 1_280))(
  'the engineer walks through the list and its steps by keyboard, and widens a panel ($theme, $widthPx px)',
  async (view, { stage, skip }) => {
    if (view.widthPx === 390) skip('a phone has no keyboard and no splitter');
    const { page, server, complaints } = stage;
    await decideLoans(server, [{ applicantId: '8150' }, { applicantId: '8151' }]);
    await lookOn(page, view);
    await page.goto(`${server.url}/executions?app=${server.appId}&q=subject:applicant/8150,8151`);
    const list = page.getByRole('grid', { name: 'Executions' });
    await list.getByText('applicant/8150').waitFor();
    await list.getByRole('link').first().click();

    const subject = (id: string) => page.getByRole('link', { name: id, exact: true });
    await subject('8151').waitFor();
    await page.getByRole('button', { name: 'Next execution of the list' }).waitFor();
    await page.keyboard.press(']');
    await subject('8150').waitFor();
    await page.getByRole('button', { name: 'Previous execution of the list' }).waitFor();
    await page.keyboard.press('[');
    await subject('8151').waitFor();

    // The keys of the timeline work before anything has the focus.
    await page.keyboard.press('ArrowDown');
    const steps = page.getByRole('tree', { name: 'Timeline of the steps' });
    await steps.getByRole('treeitem', { selected: true }).waitFor();
    const first = await steps.getByRole('treeitem', { selected: true }).innerText();
    await page.keyboard.press('j');
    await expect
      .poll(() => steps.getByRole('treeitem', { selected: true }).innerText())
      .not.toBe(first);

    const splitter = page.getByRole('separator');
    const before = Number(await splitter.getAttribute('aria-valuenow'));
    const panel = page.getByRole('region', { name: /^Step \d+: / });
    const narrow = (await panel.boundingBox())?.width ?? 0;
    await splitter.focus();
    await page.keyboard.press('PageUp');
    await expect
      .poll(async () => Number(await splitter.getAttribute('aria-valuenow')))
      .toBe(before + 10);
    await expect
      .poll(async () => (await panel.boundingBox())?.width ?? 0)
      .toBeGreaterThan(narrow + 50);
    await page.reload();
    await expect
      .poll(async () => Number(await splitter.getAttribute('aria-valuenow')))
      .toBe(before + 10);
    expect(complaints).toEqual([]);
  },
);
