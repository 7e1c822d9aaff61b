import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './parts.mjs';
import { run } from './run.mjs';
import { serverCommand } from './server-process.mjs';

const APP = 'demo';
const KEY_NAME = 'npm run demo';
const READY = /^X-Ray is ready: (http:\/\/\S+)/;

/**
 * Runs a server and, once it listens, the feeder of examples/ against it, until either ends or this
 * process is told to.
 *
 * @param {string[]} feedArgs for examples/dist/feed.js
 * @returns {Promise<number>} the exit code to end with
 */
export async function demo(feedArgs) {
  const env = {
    ...process.env,
    XRAY_DATA_DIR: process.env.XRAY_DATA_DIR || path.join(root, '.xray-demo'),
    XRAY_INIT_APP_ID: process.env.XRAY_INIT_APP_ID || APP,
  };
  const server = spawn(process.execPath, serverCommand(['start']), {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C goes to every process of the terminal's group; the server is to outlast the feeder.
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

  const apiKey = await freshKey(env);
  if (apiKey === null) {
    server.kill();
    await serverEnd;
    return 1;
  }
  console.log(`\nDemo: sending decisions to ${url}/executions?app=${APP}  (Ctrl-C ends it)\n`);
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

/** A new key for the feeder, in place of those that earlier demos left: their secrets are gone. */
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
  const { code, output, stdout } = await run(process.execPath, serverCommand(['keys', ...args]), {
    cwd: root,
    env,
  });
  if (code === 0) return JSON.parse(stdout);
  console.error(`Demo: xray keys ${args[0]} failed: ${output}`);
  return null;
}
