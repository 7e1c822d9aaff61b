import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { makeEnvironment } from '../../scripts/python.mjs';

/** The peers are Python packages, in a virtual environment of this bench. */
export const needsPeers = false;
export const parts = [];
export const HELP = `npm run bench -- python [--executions N]
  The cost of one execution of five steps of 1 KB in Python: xray-sdk, json.dumps of the same steps,
  opentelemetry-sdk and langfuse, in turn in one process, without a server. Shows the median of 15 rounds.
`;

const here = import.meta.dirname;

/** @param {string[]} args */
export async function run(args) {
  const prepared = await makeEnvironment(
    path.join(here, '.venv'),
    path.join(here, 'requirements.txt'),
  );
  if ('problem' in prepared) {
    process.stderr.write(`${prepared.problem}\n`);
    process.exitCode = 1;
    return;
  }
  const source = path.resolve(here, '../../packages/xray-python/src');
  if (!fs.existsSync(source)) throw new Error(`${source} is missing`);
  const child = spawn(prepared.python, [path.join(here, 'cost.py'), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PYTHONPATH: source },
  });
  process.exitCode = await new Promise((resolve) =>
    child.once('exit', (code) => resolve(code ?? 1)),
  );
}
