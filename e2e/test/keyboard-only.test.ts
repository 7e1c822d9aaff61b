import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ADMINISTRATOR } from '../person.mjs';
import { decideLoans } from './loans.js';
import { expectUsable, lookOn, seenOn, signedOutTest as test } from './story.js';

const MAX_TABS = 60;

test.for(seenOn('dark', 390))(
  'without a mouse one gets from the sign-in to the reason of a decision ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await decideLoans(server, [
      { applicantId: '8130' },
      { applicantId: '8131', file: { score: 540 } },
    ]);
    await lookOn(page, view);

    await page.goto(`${server.url}/sign-in`);
    await tabTo(page, page.getByLabel('Email'));
    await page.keyboard.type(ADMINISTRATOR.email);
    await tabTo(page, page.getByLabel('Password'));
    await page.keyboard.type(ADMINISTRATOR.password);
    await page.keyboard.press('Enter');

    // With a single app, its list is the first page.
    const list = page.getByRole('grid', { name: 'Executions' });
    await list.getByText('declined').first().waitFor();
    await tabTo(page, list);
    await page.keyboard.press('j');
    const active = await list.getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active}"]`).innerText()).toContain('declined');
    await page.keyboard.press('Enter');

    const tree = page.getByRole('tree', { name: 'Timeline of the steps' });
    await tree.waitFor();
    // The shortcut works without focus in the tree.
    await page.keyboard.press('d');
    const step = page.getByRole('region', { name: /: rules$/ });
    await step.waitFor();
    await tabTo(page, step.getByRole('tab', { selected: true }));
    await goToTab(page, step.getByRole('tab', { name: 'Rules' }));
    const decisive = step.getByRole('row', { name: /min_score.*decisive/ });
    expect(await decisive.innerText()).toMatch(/540[\s\S]*≥ 620/);
    await expectUsable(page);

    if (view.widthPx === 390) await page.keyboard.press('Escape');
    await tabTo(page, page.getByRole('button', { name: 'Explain' }));
    await page.keyboard.press('Enter');
    const explanation = page.getByRole('region', { name: 'Explanation' });
    await explanation.getByText('SCORE_LOW').first().waitFor();
    await tabTo(page, explanation.getByText('Show as plain text'));
    await page.keyboard.press('Enter');
    await explanation.getByText('the decision was declined').waitFor();
    await expectUsable(page);
    expect(complaints).toEqual([]);
  },
);

/** Presses Tab until the part has the focus, and checks that the focus is visible there. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  const stops: string[] = [];
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await expectFocusSeen(page, wanted);
      return;
    }
    await page.keyboard.press('Tab');
    stops.push(
      (await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName,
      )) ?? '',
    );
  }
  throw new Error(`Tab never came to ${wanted}, but to: ${stops.join(', ')}`);
}

/** Without the focus, the same page must look different. */
async function expectFocusSeen(page: Page, focused: Locator): Promise<void> {
  const clip = await focused.boundingBox();
  if (clip === null) throw new Error(`${focused} has the focus and no place`);
  const around = { x: clip.x - 4, y: clip.y - 4, width: clip.width + 8, height: clip.height + 8 };
  const picture = () => page.screenshot({ clip: around, animations: 'disabled' });
  const withFocus = await picture();
  await focused.evaluate((element: HTMLElement) => element.blur());
  const without = await picture();
  await focused.focus();
  expect(withFocus.equals(without)).toBe(false);
}

/** In a list of tabs the arrow keys move the focus and show the focused tab. */
async function goToTab(page: Page, wanted: Locator): Promise<void> {
  for (let moves = 0; moves < 10; moves += 1) {
    if ((await wanted.getAttribute('aria-selected')) === 'true') return;
    await page.keyboard.press('ArrowRight');
  }
  throw new Error(`the arrows never came to ${wanted}`);
}
