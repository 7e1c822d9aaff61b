// npm run bench -- dashboard: measures the dashboard's pages in a browser, with a real server and real data.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { firstLoads } from './first-load.mjs';
import { heavyPayload } from './heavy-payload.mjs';
import { longExecutionOpened } from './long-execution.mjs';
import { longList } from './long-list.mjs';
import { openStage } from './stage.mjs';
import { switching } from './switching.mjs';

const MEASUREMENTS = { firstLoads, longExecutionOpened, switching, heavyPayload, longList };

export const HELP = `npm run bench -- dashboard [options]
  --executions N   length of the list that is scrolled to its end (default 100000)
  --steps N        steps of the long execution (default 10000)
  --switches N     executions that are opened one after the other (default 50)
  --only NAME      one of ${Object.keys(MEASUREMENTS).join(', ')}
Prints each figure beside its target. Needs a Chromium, as the stories of e2e/ do.
`;
/** Parts to build first. */
export const parts = ['server', 'dashboard'];
/** This bench compares no other products. */
export const needsPeers = false;

/** @param {string[]} args command line arguments */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      executions: { type: 'string', default: '100000' },
      steps: { type: 'string', default: '10000' },
      switches: { type: 'string', default: '50' },
      only: { type: 'string' },
    },
  });
  const sizes = {
    executions: Number(values.executions),
    steps: Number(values.steps),
    switches: Number(values.switches),
  };
  const chosen = Object.entries(MEASUREMENTS).filter(
    ([name]) => values.only === undefined || values.only === name,
  );
  console.log(`Node ${process.version}, ${os.cpus().length} processors, Chromium without a GPU`);
  const stage = await openStage();
  try {
    for (const [name, measure] of chosen) {
      console.log(
        `\n${name} (load ${os
          .loadavg()
          .map((load) => load.toFixed(1))
          .join(' ')})`,
      );
      await measure(stage, sizes, print);
    }
  } finally {
    await stage.close();
  }
}

/**
 * @param {string} what was measured
 * @param {string} figure with its unit
 * @param {string} [target] the limit for the figure
 */
function print(what, figure, target) {
  console.log(
    `  ${what.padEnd(56)} ${figure.padStart(14)}${target === undefined ? '' : `   (${target})`}`,
  );
}
