import { longExecution } from './records.mjs';
import { memoryOf, settle } from './stage.mjs';

const STEPS = 300;
const WARM_UP = 5;
const SAMPLES = 5;

/** Measures memory while one page, without a reload, opens one execution after another from the list. */
export async function switching(stage, { switches }, print) {
  const { server } = stage;
  const ids = Array.from({ length: switches }, (_, index) => `switched-${index}`);
  await stage.store(ids.map((id) => longExecution(server.appId, id, STEPS)));
  const { page, tools } = await stage.openPage();
  await page.goto(
    `${server.url}/executions?app=${server.appId}&q=${encodeURIComponent('id:switched-*')}&from=all`,
  );
  const links = page.getByRole('grid', { name: 'Executions' }).getByRole('link');
  await links.first().waitFor();

  const measured = [];
  const every = Math.max(1, Math.floor((switches - WARM_UP) / SAMPLES));
  for (let index = 0; index < switches; index += 1) {
    // The list keeps its position: the chosen row moves down by one, and Enter opens it.
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('treeitem').first().waitFor();
    const done = index + 1;
    if (done >= WARM_UP && (done - WARM_UP) % every === 0) {
      await settle(page);
      measured.push({ done, ...(await memoryOf(tools)) });
    }
    await page.goBack();
    await links.first().waitFor();
  }
  for (const { done, heapMb, nodes } of measured) {
    print(
      `after ${done} executions of ${STEPS} steps`,
      `${heapMb.toFixed(1)} MB, ${nodes} nodes`,
      'flat',
    );
  }
  await page.close();
}
