import { smallExecution } from './records.mjs';
import { memoryOf } from './stage.mjs';

const SAMPLES = 5;

/** Scrolls the list down to its last execution, and measures memory meanwhile. */
export async function longList(stage, { executions }, print) {
  const { server } = stage;
  const startedMs = performance.now();
  await stage.store(
    Array.from({ length: executions }, (_, index) => smallExecution(server.appId, index)),
  );
  print(
    `${executions} executions stored`,
    `${((performance.now() - startedMs) / 1_000).toFixed(0)} s`,
  );

  const { page, tools } = await stage.openPage();
  await page.goto(
    `${server.url}/executions?app=${server.appId}&q=${encodeURIComponent('id:small-*')}&from=2026-01-01T00:00:00Z`,
  );
  const list = page.getByRole('grid', { name: 'Executions' });
  await list.getByRole('link').first().waitFor();
  const scrolledMs = performance.now();
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    const reached = await list.evaluate(scrollToRow, Math.floor((executions * sample) / SAMPLES));
    const { heapMb, nodes } = await memoryOf(tools);
    print(
      `  at row ${reached.row}: ${reached.rowsInPage} rows in the page`,
      `${heapMb.toFixed(1)} MB, ${nodes} nodes`,
      'flat',
    );
  }
  print('  scrolled to the end in', `${((performance.now() - scrolledMs) / 1_000).toFixed(0)} s`);
  await list.locator('a[href*="small-000000"]').waitFor();
  await page.close();
}

/** Runs in the page: scrolls one screen each frame, and waits for rows that are not loaded yet. */
async function scrollToRow(grid, wanted) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const lastRow = () =>
    Math.max(
      ...[...grid.querySelectorAll('[role="row"]')].map(
        (row) => Number(row.getAttribute('aria-rowindex')) - 1,
      ),
    );
  const isAtEnd = () =>
    grid.getAttribute('aria-rowcount') !== '-1' &&
    grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1;
  while (lastRow() < wanted && !isAtEnd()) {
    grid.scrollTop += grid.clientHeight;
    await frame();
  }
  return { row: lastRow(), rowsInPage: grid.querySelectorAll('[role="row"]').length };
}
