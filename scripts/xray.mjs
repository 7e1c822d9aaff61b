import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './parts.mjs';
import { prepare } from './prepare.mjs';
import { becomeServer } from './server-process.mjs';

// `npm run xray -- keys list --json`: the server's CLI, built first if needed. Messages of the preparation
// go to stderr, so stdout has only the CLI's answer. `replay` is the command of packages/replay.
const [command, ...rest] = process.argv.slice(2);
const isReplay = command === 'replay';
const parts = isReplay ? ['examples', 'replay'] : ['core', 'server'];
if (!(await prepare(parts, { withTools: false }))) process.exitCode = 1;
else if (isReplay) await becomeReplay(rest);
else await becomeServer(process.argv.slice(2));

/** @param {string[]} args */
async function becomeReplay(args) {
  const cli = path.join(root, 'packages', 'replay', 'dist', 'cli.js');
  process.argv = [process.execPath, cli, ...args];
  await import(pathToFileURL(cli).href);
}
