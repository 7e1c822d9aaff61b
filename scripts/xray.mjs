import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './parts.mjs';
import { prepare } from './prepare.mjs';
import { becomeServer } from './server-process.mjs';

// `npm run xray -- keys list --json`: the server's CLI, built first if needed. Messages of the preparation
// go to stderr, so stdout has only the CLI's answer. `replay` and `proof verify` are commands of other
// packages: neither needs a server or its data.
const args = process.argv.slice(2);
const [command, subcommand] = args;
if (command === 'replay') {
  await becomePackage(['examples', 'replay'], 'packages/replay/dist/cli.js', args.slice(1));
} else if (command === 'proof' && subcommand === 'verify') {
  await becomePackage(['proof'], 'packages/proof/dist/node/cli.js', args.slice(1));
} else if (await prepared(['core', 'server'])) {
  await becomeServer(args);
}

/**
 * @param {string[]} parts that the command needs
 * @param {string} file of the command, in the clone
 * @param {string[]} rest of the arguments
 */
async function becomePackage(parts, file, rest) {
  if (!(await prepared(parts))) return;
  const cli = path.join(root, file);
  process.argv = [process.execPath, cli, ...rest];
  await import(pathToFileURL(cli).href);
}

/** @param {string[]} parts */
async function prepared(parts) {
  const isPrepared = await prepare(parts, { withTools: false });
  if (!isPrepared) process.exitCode = 1;
  return isPrepared;
}
