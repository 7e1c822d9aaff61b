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
    // Targets of 24 px, or with room around them (WCAG 2.2, 2.5.8): axe leaves that out unless asked.
    const { violations } = await /** @type {any} */ (globalThis).axe.run({
      rules: { 'target-size': { enabled: true } },
    });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`),
    );
  });
}
