import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './parts.mjs';

const cli = path.join(root, 'server', 'dist', 'cli.js');

/**
 * Goes on as the server's CLI within this process: signals, exit code and terminal are then its own,
 * and there is no second Node process between it and its parent.
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
