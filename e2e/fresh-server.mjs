import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Texts that no log may contain: keys, cookies, Clerk's tokens and secrets, passwords, and the data of the
 * stories.
 */
const NEVER_LOGGED =
  /xr_\w{8}|session_token|\beyJ[\w-]{8}|sk_test_|correct horse|check_rules|Lindqvist/;

const root = path.resolve(import.meta.dirname, '..');

/**
 * @typedef {object} FreshServer
 * @property {string} url
 * @property {string} apiKey the key that the first start printed
 * @property {string} appId
 * @property {string | undefined} setupLink creates the first administrator; printed until one exists
 * @property {() => void} expectNoLeaks throws when a secret is in its log
 * @property {() => Promise<void>} stop ends the server like an operator, removes its data and expects no leaks
 */

/**
 * Starts the built server as on a new machine: with an empty data directory, its own port and no settings
 * of this machine. Callers know only what the server prints.
 *
 * @param {NodeJS.ProcessEnv} [settings]
 * @returns {Promise<FreshServer>}
 */
export async function startFreshServer(settings = {}) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'x-ray-e2e-'));
  const server = spawn(process.execPath, [path.join(root, 'server/dist/cli.js'), 'start'], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATABASE_URL: '',
      PORT: '0',
      XRAY_DATA_DIR: path.join(dataDir, 'data'),
      XRAY_LOG_LEVEL: 'trace',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let logged = '';
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.stderr.setEncoding('utf8').on('data', (text) => (logged += text));
  await new Promise((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
      if (/^The page shows the same/m.test(printed)) resolve(undefined);
    });
    void ended.then((code) =>
      reject(new Error(`the server ended with code ${code}:\n${printed}\n${logged}`)),
    );
  });
  const setupLink = /^ {2}(\S+\/setup#\S+)$/m.exec(printed)?.[1];
  const expectNoLeaks = () => {
    const token = setupLink?.split('#')[1];
    const leaks = logged
      .split('\n')
      .filter((line) => NEVER_LOGGED.test(line) || (token !== undefined && line.includes(token)));
    if (leaks.length > 0) throw new Error(`the log contains secrets:\n${leaks.join('\n')}`);
  };
  return {
    url: find(printed, /^X-Ray is ready: (\S+)$/m),
    apiKey: find(printed, /^ {2}key +(xr_\S+)$/m),
    appId: find(printed, /^ {2}app +(\S+)$/m),
    setupLink,
    expectNoLeaks,
    async stop() {
      server.kill('SIGTERM');
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
      expectNoLeaks();
    },
  };
}

/**
 * @param {string} text
 * @param {RegExp} pattern with one group
 * @returns {string}
 */
function find(text, pattern) {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`the server did not print ${pattern}:\n${text}`);
  return found;
}
