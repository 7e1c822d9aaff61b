import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds fault with on the page as it stands, a line each.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export async function accessibilityFaults(page) {
  // Through the debugger and not as a <script>, which the page's own policy rightly refuses.
  await page.evaluate(source);
  return await page.evaluate(async () => {
    /** @type {import('axe-core').AxeResults} */
    const { violations } = await /** @type {any} */ (globalThis).axe.run();
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`),
    );
  });
}
