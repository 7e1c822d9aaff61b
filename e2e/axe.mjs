import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The faults that axe finds on the page in its current state, one line each.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export async function accessibilityFaults(page) {
  // The debugger evaluates axe, because the page's policy refuses a <script>.
  await page.evaluate(source);
  return await page.evaluate(async () => {
    /** @type {import('axe-core').AxeResults} */
    // Targets of 24 px, or with space around them (WCAG 2.2, 2.5.8). axe checks this only on request.
    const { violations } = await /** @type {any} */ (globalThis).axe.run({
      rules: { 'target-size': { enabled: true } },
    });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`),
    );
  });
}
