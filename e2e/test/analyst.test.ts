import XRaySDK from '@xray/sdk';
import { expect } from 'vitest';
import type { FreshServer } from '../fresh-server.mjs';
import { expectUsable, lookOn, seenOn, test } from './story.js';

const MAX_PRICE = 60;
const PRODUCTS = [
  { asin: 'B07XYZ', price: 74.9 },
  { asin: 'B08ABC', price: 49 },
];

test.for(seenOn('dark', 1_280))(
  'the analyst goes from a fallen approval rate to the groups, the rule and the loans behind it ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    // Each run of the story uses its own pipeline, because runs may share this server.
    const pipeline = `credit-${view.theme}-${view.widthPx}`;
    await decideMany(server, pipeline);
    await lookOn(page, view);
    await page.goto(`${server.url}/executions?app=${server.appId}`);
    // Two clicks to the rule that changed. With several apps, the first page takes one more.
    await page.getByRole('link', { name: 'Pipelines', exact: true }).click();
    await page.getByRole('link', { name: pipeline, exact: true }).click();
    const whatChanged = page.getByRole('region', { name: 'What changed in the rules' });
    await whatChanged.getByText('max_dti: limit 0.54 → 0.3').waitFor();
    expect(await whatChanged.innerText()).toContain('version r42');
    await page.getByText('120 executions', { exact: true }).waitFor();
    const rates = page.getByRole('slider', { name: /^Share of each outcome/ });
    expect(await rates.getAttribute('aria-valuetext')).toMatch(/approved 70\.0% \(\S+ to \S+\)/);
    await page.getByRole('button', { name: 'Outcome meanings' }).click();
    const meanings = page.getByRole('dialog', { name: /^Meaning of the outcomes/ });
    await meanings.getByRole('button', { name: 'Move declined up' }).press('Enter');
    await meanings
      .getByRole('group', { name: /declined/ })
      .getByLabel('neutral')
      .check();
    await expectUsable(page);
    await meanings.getByRole('button', { name: 'Save' }).click();
    await meanings.waitFor({ state: 'detached' });
    await expect
      .poll(async () => await rates.getAttribute('aria-valuetext'))
      .toMatch(/declined [\s\S]*approved /);
    const reading = page.getByRole('slider', { name: /^Executions by outcome/ });
    await reading.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await reading.getAttribute('aria-valuetext')).toMatch(/approved \d+/);

    await page.keyboard.press('Shift+ArrowLeft');
    await page.getByRole('link', { name: 'Compare with before' }).waitFor();

    const graph = page.getByRole('region', { name: 'Graph of the steps' });
    await graph.getByRole('button', { name: /^offers/ }).focus();
    const offers = page.getByRole('region', { name: 'Step offers' });
    expect(await offers.innerText()).toMatch(/120 of 120 executions/);
    expect(await offers.getByRole('row', { name: /too_dear/i }).innerText()).toContain('120');
    const costs = page.getByRole('region', { name: 'Steps by cost' });
    expect(await costs.getByRole('rowheader').count()).toBe(2);
    await expectUsable(page);

    await page.goto(
      `${server.url}/compare?app=${server.appId}&qa=pipeline:${pipeline}&qb=pipeline:${pipeline}`,
    );
    await page.getByRole('button', { name: 'Suggestions' }).click();
    await page.getByRole('menuitem', { name: 'before and after max_dti 0.54 → 0.3' }).waitFor();
    await page.getByRole('menuitem', { name: 'ruleset: r41 and r42' }).click();
    await whatChanged.getByText('max_dti: limit 0.54 → 0.3').waitFor();
    const changed = page.getByRole('region', { name: 'Associated with the change in approved' });
    const first = changed.getByRole('listitem').first();
    await first.getByText('max_dti').first().waitFor();
    expect(await page.getByRole('region', { name: 'Group b' }).innerText()).toContain(
      '60 executions',
    );
    expect(await page.getByRole('row', { name: /^approved/ }).innerText()).toMatch(
      /90\.0%[\s\S]*50\.0%/,
    );
    await expectUsable(page);

    await page.getByRole('button', { name: 'Views', exact: true }).click();
    await page.getByLabel('Name of this view').fill('Both rulesets');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const saved = page.getByRole('link', { name: 'Both rulesets (two groups)' });
    expect(await saved.getAttribute('href')).toContain('/compare?');
    await page.keyboard.press('Escape');

    await first.getByRole('link', { name: '30 executions in b' }).click();
    const list = page.getByRole('grid', { name: 'Executions' });
    await list
      .getByRole('link', { name: `declined, ${pipeline}` })
      .first()
      .waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toContain('version.ruleset:r42');
    expect(complaints).toEqual([]);
  },
);

/** Records sixty loans under each ruleset. The first ruleset declines six, the stricter one thirty. */
async function decideMany(server: FreshServer, pipeline: string): Promise<void> {
  for (const [ruleset, maxDti] of [
    ['r41', 0.54],
    ['r42', 0.3],
  ] as const) {
    const xray = new XRaySDK({
      apiKey: server.apiKey,
      endpoint: server.url,
      appId: server.appId,
      pipeline,
      versions: { ruleset },
    });
    for (let loan = 0; loan < 60; loan += 1) {
      const dti = loan / 100;
      await xray.run({ subject: { applicant: `${ruleset}-${loan}` } }, async (execution) => {
        execution.step('offers', (step) =>
          step.filter(PRODUCTS, {
            id: ({ asin }) => asin,
            rules: [
              { id: 'too_dear', test: ({ price }) => price <= MAX_PRICE, reason: 'TOO_DEAR' },
            ],
          }),
        );
        const passes = execution.step('rules', { kind: 'rules' }, (step) =>
          step.check('max_dti', dti < maxDti, { actual: dti, threshold: maxDti, op: '<' }),
        );
        execution.decide(passes ? 'approved' : 'declined', { adverse: !passes });
      });
    }
    await xray.shutdown();
  }
}
