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
  });
  const ended = new Promise((resolve) => server.once('exit', (code) => resolve(code ?? 1)));
  const children = [server];
  passSignals(children);

  const url = await new Promise((resolve) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      console.log(line);
      const found = READY.exec(line);
      if (found) resolve(found[1]);
    });
    void ended.then(() => resolve(null));
  });
  if (url === null) return await ended;

  const apiKey = await freshKey(env);
  if (apiKey === null) {
    server.kill();
    await ended;
    return 1;
  }
  console.log(`\nDemo: sending decisions to ${url}/executions?app=${APP}  (Ctrl-C ends it)\n`);
  const feeder = spawn(process.execPath, [path.join('examples', 'dist', 'feed.js'), ...feedArgs], {
    cwd: root,
    env: { ...env, XRAY_ENDPOINT: url, XRAY_API_KEY: apiKey, XRAY_APP_ID: APP },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(feeder);
  void ended.then(() => feeder.kill());
  feeder.once('exit', (code) => {
    if (code) console.error(`Demo: the feeder ended with code ${code}; the server goes on.`);
  });
  return await ended;
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
  const { code, output } = await run(process.execPath, serverCommand(['keys', ...args]), {
    cwd: root,
    env,
  });
  if (code === 0) return JSON.parse(output);
  console.error(`Demo: xray keys ${args[0]} failed: ${output}`);
  return null;
}

function passSignals(children) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to every process of the group itself.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      for (const child of children) child.kill(signal);
    });
  }
}
