import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export const KEY = 'xr_bench_key_of_at_least_32_characters';
export const APP = 'bench';

const CLI = path.resolve(import.meta.dirname, '../../server/dist/cli.js');
const SECRET = 'a bench keeps no sessions, so this is no secret';

/** Starts X-Ray with the database that `env` names. `postmaster` is the database's process id, for CPU figures. */
export async function startServer(env, postmaster) {
  const child = xray(['start'], {
    PORT: '0',
    XRAY_INIT_APP_ID: APP,
    XRAY_INIT_API_KEY: KEY,
    ...env,
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    const [, url] = /X-Ray is ready: (\S+)/.exec(said) ?? [];
    if (url) return { url, pid: child.pid, child, postmaster };
  }
  throw new Error('the server did not start');
}

/** Runs one X-Ray command and waits for its end. */
export async function runXray(args, env) {
  const child = xray(args, env);
  child.stdout.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`xray ${args.join(' ')} ended with ${code}`);
}

export async function startNaive(databaseUrl, postmaster) {
  return await startOther('naive-server.mjs', { DATABASE_URL: databaseUrl }, postmaster);
}

/** Starts the server that reads bodies and does nothing else. */
export async function startEmpty(postmaster) {
  return await startOther('empty-server.mjs', {}, postmaster);
}

async function startOther(file, env, postmaster) {
  const child = fork(path.join(import.meta.dirname, file), { env: { ...process.env, ...env } });
  const [{ url }] = await once(child, 'message');
  return { url, pid: child.pid, child, postmaster };
}

export async function stop({ child }) {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

function xray(args, env) {
  return spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env.PATH, XRAY_AUTH_SECRET: SECRET, XRAY_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
