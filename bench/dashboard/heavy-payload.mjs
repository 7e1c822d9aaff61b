import { heavyExecution } from './records.mjs';
import { longestTaskMs, scrollSmoothly } from './stage.mjs';

const ID = 'heavy';
const BYTES = 5_000_000;

/** Measures how long a payload of 5 MB blocks the page: when opened, fully unfolded, scrolled, searched. */
export async function heavyPayload(stage, _sizes, print) {
  const { server } = stage;
  await stage.store([heavyExecution(server.appId, ID, BYTES)]);
  const { page } = await stage.openPage();
  await page.goto(`${server.url}/execution?app=${server.appId}&id=${ID}&step=0&tab=output`);
  const tree = page.getByRole('tree', { name: 'output as a tree' });
  await tree.waitFor();

  const opening = await longestTaskMs(page, async () => {
    await page.getByRole('treeitem', { name: /^heavy/ }).click();
    await tree.getByText('rows').waitFor();
  });
  print('5 MB payload opened: longest task', taskText(opening), 'under 200');
  const unfolding = await longestTaskMs(page, async () => {
    await tree.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('*');
    await tree.getByText('row-0').waitFor();
  });
  print('  all of it unfolded: longest task', taskText(unfolding));
  const { fps, longestMs } = await scrollSmoothly(tree, { forMs: 3_000, pxPerFrame: 200 });
  print('  scrolled', `${fps.toFixed(1)} fps`);
  print('    longest pause between two frames', `${longestMs.toFixed(0)} ms`);
  await page.close();
}

/** The browser does not report tasks below 50 ms. */
function taskText(ms) {
  return ms === 0 ? 'below 50 ms' : `${ms.toFixed(0)} ms`;
}
