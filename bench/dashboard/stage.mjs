import { launchBrowser } from '../../e2e/browser.mjs';
import { startFreshServer } from '../../e2e/fresh-server.mjs';
import { WITH_ADMINISTRATOR, signIn } from '../../e2e/person.mjs';

const LINES_AT_ONCE = 10_000;
const VIEWPORT = { width: 1_280, height: 800 };

/** Starts a new server on an embedded database, and a browser that is signed in to it. */
export async function openStage() {
  const server = await startFreshServer(WITH_ADMINISTRATOR);
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: VIEWPORT });
  await context.addInitScript(watchLongTasks);
  const first = await context.newPage();
  await signIn(first, server);
  return {
    server,
    /** Opens a new tab, so that memory of earlier measurements is not included. */
    async openPage() {
      const page = await context.newPage();
      return { page, tools: await context.newCDPSession(page) };
    },
    /** Stores executions through the server's import, many in one transaction. */
    async store(records) {
      for (let from = 0; from < records.length; from += LINES_AT_ONCE) {
        const lines = records.slice(from, from + LINES_AT_ONCE).map(exportedLine);
        const answer = await first.request.post(`${server.url}/api/apps/${server.appId}/import`, {
          headers: { origin: server.url, 'content-type': 'application/x-ndjson' },
          data: lines.join('\n'),
          timeout: 0,
        });
        const { accepted } = await answer.json();
        if (accepted !== lines.length) throw new Error(`stored ${accepted} of ${lines.length}`);
      }
    },
    async close() {
      await browser.close();
      await server.stop();
    },
  };
}

function exportedLine(record) {
  const snapshot = JSON.stringify(record);
  const facts = {
    receivedAt: record.startedAt,
    conflict: false,
    stale: false,
    bytes: snapshot.length,
  };
  return `{"snapshot":${snapshot},"server":${JSON.stringify(facts)}}`;
}

/** Runs first in every page: records the browser's long tasks, those above 50 ms. */
function watchLongTasks() {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      globalThis.longTasks.push({ fromMs: startTime, toMs: startTime + duration });
    }
  }).observe({ type: 'longtask', buffered: true });
}

/** Runs an action, waits until the page is idle, and returns the longest task in ms. */
export async function longestTaskMs(page, act) {
  await settle(page);
  const sinceMs = await page.evaluate(() => performance.now());
  await act();
  await settle(page);
  return await page.evaluate(
    (since) =>
      Math.max(
        0,
        ...globalThis.longTasks
          .filter(({ toMs }) => toMs > since)
          .map(({ fromMs, toMs }) => toMs - fromMs),
      ),
    sinceMs,
  );
}

/** Waits until the page was idle twice. Then its work is done and its observers have been called. */
export async function settle(page) {
  await page.evaluate(async () => {
    for (let times = 0; times < 2; times += 1) {
      await new Promise((resolve) => requestIdleCallback(() => resolve(undefined)));
    }
  });
}

/** Memory of the page after a garbage collection. */
export async function memoryOf(tools) {
  await tools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await tools.send('Runtime.getHeapUsage');
  const { nodes } = await tools.send('Memory.getDOMCounters');
  return { heapMb: usedSize / 2 ** 20, nodes };
}

/**
 * Scrolls an element a little each frame, and reverses at its ends.
 *
 * @returns frames a second, and the longest pause between two
 */
export async function scrollSmoothly(locator, { forMs, pxPerFrame }) {
  return await locator.evaluate(
    async (element, { forMs, pxPerFrame }) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let step = pxPerFrame;
      let before = await frame();
      const begin = before;
      let frames = 0;
      let longestMs = 0;
      while (before - begin < forMs) {
        const top = element.scrollTop;
        element.scrollTop += step;
        if (element.scrollTop === top) step = -step;
        const now = await frame();
        longestMs = Math.max(longestMs, now - before);
        before = now;
        frames += 1;
      }
      return { fps: (frames * 1_000) / (before - begin), longestMs };
    },
    { forMs, pxPerFrame },
  );
}
