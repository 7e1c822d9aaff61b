import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './parts.mjs';

const cli = path.join(root, 'server', 'dist', 'cli.js');

/**
 * Runs the server's CLI in this process. So signals, exit code and terminal belong to it, without a second
 * Node process in between.
 *
 * @param {string[]} args
 */
export async function becomeServer(args) {
  process.argv = [process.execPath, cli, ...args];
  await import(pathToFileURL(cli).href);
}

/** @param {string[]} args */
export function serverCommand(args) {
  return [cli, ...args];
}
