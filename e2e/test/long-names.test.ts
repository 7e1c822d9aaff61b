import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FreshServer } from '../fresh-server.mjs';
import { expectUsable, isFull, lookOn, sticksOutPx, test, viewsOf } from './story.js';

/** The longest names that the server accepts, with and without places for a line break. */
const SHAPES: Record<'words' | 'word', NameOf> = {
  words: (what, length) =>
    `${what} of a name that goes on `.padEnd(length, 'and on ').slice(0, length - 1) + '.',
  word: (what, length) => `${what}_`.padEnd(length, 'of_a_name_that_goes_on_and_on_'),
};
type NameOf = (what: string, length: number) => string;

const PAGES: ((app: string, id: string, nameOf: NameOf) => string)[] = [
  () => '',
  (app) => `executions?app=${app}&from=all&cols=outcome,subject,tags,versions,environment,error`,
  (app, id) => `executions?app=${app}&from=all&peek=${id}`,
  (app, id) => `execution?app=${app}&id=${id}&step=0&tab=rules`,
  (app, id) => `execution?app=${app}&id=${id}&step=1&tab=candidates`,
  (app, id) => `execution?app=${app}&id=${id}&step=2&tab=error`,
  (app, id) => `execution?app=${app}&id=${id}&step=explain`,
  (app, id) => `execution?app=${app}&id=${id}&step=execution`,
  (app, id) => `compare?app=${app}&a=${id}&b=other`,
  (app) => `compare?app=${app}&qa=outcome:approved&qb=status:completed`,
  (app, _id, nameOf) => `why?app=${app}&id=${encodeURIComponent(nameOf('subject', 256))}`,
  (app, _id, nameOf) => `why?app=${app}&id=${encodeURIComponent(nameOf('candidate-0', 256))}`,
  (app) => `pipelines?app=${app}`,
  (app, _id, nameOf) => `pipeline?app=${app}&p=${encodeURIComponent(nameOf('pipeline', 128))}`,
];

const LOOKS = [
  ...viewsOf(['light', 390]).map((view) => ({ shape: 'word' as const, ...view })),
  ...viewsOf(['dark', 1_280]).map((view) => ({ shape: 'words' as const, ...view })),
];

test.for(LOOKS)(
  'the longest names stay within their containers on every page ($shape, $theme, $widthPx px)',
  { timeout: 300_000 },
  async ({ shape, ...view }, { stage }) => {
    const { page, server } = stage;
    await lookOn(page, view);
    const nameOf = SHAPES[shape];
    const id = `long-${shape}`;
    await send(server, [
      execution(server.appId, id, nameOf),
      { ...execution(server.appId, 'other', (what) => what), decision: { outcome: 'approved' } },
    ]);
    const faults: Record<string, string[]> = {};
    for (const addressOf of PAGES) {
      const address = addressOf(server.appId, id, nameOf);
      await page.goto(`${server.url}/${address}`);
      await page.getByRole('heading').first().waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      await page.waitForLoadState('networkidle');
      if (isFull) await expectUsable(page);
      const found = await textOutOfPlace(page);
      const sticksOut = await sticksOutPx(page);
      if (sticksOut > 0) found.push(`the page sticks out by ${sticksOut} px`);
      if (found.length > 0) faults[address.slice(0, 80)] = found;
    }
    expect(faults).toEqual({});
  },
);

/** Finds texts that overflow their container, unless it has an ellipsis or scrolls sideways. */
async function textOutOfPlace(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const ROUNDING_PX = 2;
    const isClipped = (element: Element) => getComputedStyle(element).overflowX !== 'visible';
    const isForTheEarAlone = (element: Element): boolean =>
      getComputedStyle(element).clipPath !== 'none' ||
      (element.parentElement !== null && isForTheEarAlone(element.parentElement));
    const mayBeCut = (element: Element) => {
      const { textOverflow, webkitLineClamp } = getComputedStyle(element);
      const scrolls = element.matches('.overflow-x-auto, .overflow-auto');
      return textOverflow === 'ellipsis' || webkitLineClamp !== 'none' || scrolls;
    };
    const found: string[] = [];
    for (const element of document.querySelectorAll('main *')) {
      const text = [...element.childNodes].find(
        (node) => node instanceof Text && node.data.trim() !== '',
      );
      if (text === undefined || isForTheEarAlone(element)) continue;
      const range = document.createRange();
      range.selectNode(text);
      let holder: Element | null = element;
      while (holder !== null && !isClipped(holder)) holder = holder.parentElement;
      if (holder !== null && mayBeCut(holder)) continue;
      const edge = holder?.getBoundingClientRect().right ?? innerWidth;
      const outPx = range.getBoundingClientRect().right - edge;
      if (outPx > ROUNDING_PX) found.push(`${outPx} px: ${text.textContent?.slice(0, 40)}`);
    }
    return found;
  });
}

function execution(appId: string, executionId: string, nameOf: NameOf): Record<string, unknown> {
  const reason = {
    code: nameOf('REASON', 64),
    text: nameOf('text', 300),
    ruleId: nameOf('rule', 128),
  };
  return {
    executionId,
    appId,
    pipeline: nameOf('pipeline', 128),
    environment: nameOf('environment', 64),
    versions: { [nameOf('ruleset', 64)]: nameOf('version', 128) },
    status: 'completed',
    startedAt: new Date().toISOString(),
    durationMs: 1_234.5,
    decision: { outcome: nameOf('outcome', 64), adverse: true, reasons: [reason] },
    subjects: [{ type: nameOf('type', 64), id: nameOf('subject', 256) }],
    tags: [nameOf('tag', 64)],
    metadata: { [nameOf('key', 64)]: nameOf('value', 200) },
    steps: [
      {
        name: nameOf('rules', 128),
        kind: 'rules',
        rules: [
          {
            id: nameOf('rule', 128),
            result: 'fail',
            effect: 'reject',
            field: nameOf('field', 128),
            op: '>=',
            actual: 612,
            threshold: 660,
          },
          {
            id: 'short',
            result: 'pass',
            actual: nameOf('actual', 200),
            threshold: nameOf('t', 99),
          },
        ],
      },
      {
        name: nameOf('filter', 128),
        kind: 'filter',
        candidates: {
          type: nameOf('product', 64),
          in: 4,
          out: 2,
          byOutcome: { kept: 2, rejected: 2 },
          byReason: { [nameOf('STOCK', 64)]: 2 },
          items: [0, 1, 2, 3].map((place) => ({
            id: nameOf(`candidate-${place}`, 256),
            outcome: place < 2 ? 'rejected' : 'kept',
            score: place / 4,
            ...(place < 2 && { reasons: [{ code: nameOf('STOCK', 64) }] }),
          })),
        },
      },
      {
        name: nameOf('model', 128),
        kind: 'llm',
        status: 'failed',
        error: { type: nameOf('Error', 128), message: nameOf('message', 800) },
      },
    ],
  };
}

async function send(server: FreshServer, snapshots: readonly unknown[]): Promise<void> {
  const answer = await fetch(`${server.url}/executions`, {
    method: 'POST',
    headers: { 'x-api-key': server.apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(snapshots),
  });
  expect(await answer.json()).toMatchObject({ rejected: [] });
}
