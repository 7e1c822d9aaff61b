import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './parts.mjs';
import { run } from './run.mjs';
import { serverCommand } from './server-process.mjs';

const APP = 'demo';
const KEY_NAME = 'npm run demo';
const READY = /^X-Ray is ready: (http:\/\/\S+)/;

/**
 * Runs a server, and the feeder of examples/ once the server listens. Ends when one of them ends, or on a
 * signal.
 *
 * @param {string[]} feedArgs for examples/dist/feed.js
 * @returns {Promise<number>} the exit code to end with
 */
export async function demo(feedArgs) {
  const env = {
    ...process.env,
    ...firstAdministrator(),
    XRAY_DATA_DIR: process.env.XRAY_DATA_DIR || path.join(root, '.xray-demo'),
    XRAY_INIT_APP_ID: process.env.XRAY_INIT_APP_ID || APP,
  };
  const server = spawn(process.execPath, serverCommand(['start']), {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C goes to every process of the terminal's group, but the server must outlive the feeder.
    detached: true,
  });
  const serverEnd = endOf(server);
  let feederEnd = Promise.resolve(0);
  /** @type {import('node:child_process').ChildProcess | null} */
  let feeder = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, async () => {
      feeder?.kill('SIGTERM');
      await feederEnd;
      server.kill('SIGTERM');
    });
  }

  const url = await new Promise((resolve) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      console.log(line);
      const found = READY.exec(line);
      if (found) resolve(found[1]);
    });
    void serverEnd.then(() => resolve(null));
  });
  if (url === null) return await serverEnd;

  // The command line opens Postgres directly, so it would not know the port of this server.
  const cliEnv = { ...env, XRAY_PUBLIC_URL: process.env.XRAY_PUBLIC_URL || url };
  const apiKey = await freshKey(cliEnv);
  const link = await signInLink(cliEnv);
  if (apiKey === null || link === null) {
    server.kill();
    await serverEnd;
    return 1;
  }
  console.log(
    `\nDemo: sending decisions to the app ${APP}  (Ctrl-C ends it)\n` +
      `Look at them signed in, with this link (it works once, within ten minutes):\n\n  ${link}\n`,
  );
  feeder = spawn(process.execPath, [path.join('examples', 'dist', 'feed.js'), ...feedArgs], {
    cwd: root,
    env: { ...env, XRAY_ENDPOINT: url, XRAY_API_KEY: apiKey, XRAY_APP_ID: APP },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  feederEnd = endOf(feeder);
  void serverEnd.then(() => feeder?.kill());
  return await serverEnd;
}

/** @param {import('node:child_process').ChildProcess} child */
function endOf(child) {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** An administrator for a database without one. Nobody ever learns the password. */
function firstAdministrator() {
  if (process.env.XRAY_INIT_USER_EMAIL || process.env.XRAY_INIT_USER_PASSWORD) return {};
  return {
    XRAY_INIT_USER_EMAIL: 'demo@example.org',
    XRAY_INIT_USER_PASSWORD: randomBytes(32).toString('base64url'),
  };
}

/** Opens the dashboard as the first administrator in the list. */
async function signInLink(env) {
  const users = await xray(env, ['users', 'list', '--json']);
  const administrator = users?.items.find(({ isAdministrator }) => isAdministrator);
  if (administrator === undefined) return null;
  return (await xray(env, ['users', 'sign-in', administrator.email, '--json']))?.link ?? null;
}

/** Makes a new key for the feeder and revokes those of earlier demos, whose secrets are lost. */
async function freshKey(env) {
  const created = await keys(env, ['create', '--app', APP, '--name', KEY_NAME, '--json']);
  const listed = await keys(env, ['list', '--app', APP, '--json']);
  for (const { id, name, revokedAt } of listed?.items ?? []) {
    if (name === KEY_NAME && revokedAt === null && id !== created?.apiKey.id) {
      await keys(env, ['revoke', id, '--app', APP, '--json']);
    }
  }
  return created?.key ?? null;
}

async function keys(env, args) {
  return await xray(env, ['keys', ...args]);
}

async function xray(env, args) {
  const { code, output, stdout } = await run(process.execPath, serverCommand(args), {
    cwd: root,
    env,
  });
  if (code === 0) return JSON.parse(stdout);
  console.error(`Demo: xray ${args[0]} ${args[1]} failed: ${output}`);
  return null;
}
