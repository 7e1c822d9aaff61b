import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { main } from '#server/commands.js';
import type { Place } from './databases.js';
import { keepLog, keepLogLines, logOfThisFile, plantSecrets } from './logging.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/**
 * Commands and servers of a test are too short to gain from optimized WebAssembly. With an embedded
 * database, V8 would spend a third of the time on it.
 */
const SHORT_RUN = ['--liftoff-only'];

function environment(place: Place, env: Record<string, string>): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, PORT: '0', XRAY_LOG_LEVEL: 'trace', ...place.env, ...env };
}

/** A server in a process of its own, like one that an operator starts. */
export interface ServerProcess {
  url: string;
  /** Everything it printed to stdout until it was ready. */
  greeting: string;
  child: ChildProcess;
  /** Everything it wrote to stderr, after it has ended. */
  log: Promise<string>;
  /** Sends the signal and resolves with the exit code; null if the signal killed it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts a server and resolves when it is ready. Rejects with its output if it ends before. */
export async function startProcess(
  place: Place,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...SHORT_RUN, CLI, 'start'], {
    env: environment(place, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  keepLog(child.stderr);
  const errors = text(child.stderr);
  let greeting = '';
  for await (const chunk of child.stdout) {
    greeting += String(chunk);
    const [, url] = /X-Ray is ready: (\S+)/.exec(greeting) ?? [];
    if (url === undefined) continue;
    plantSecrets(...(/\/setup#(\S+)/.exec(greeting)?.slice(1) ?? []));
    return {
      url,
      greeting,
      child,
      log: errors,
      async end(signal) {
        const exited = once(child, 'exit');
        child.kill(signal);
        const [code] = (await exited) as [number | null];
        return code;
      },
    };
  }
  throw new Error(`the server ended before it was ready: ${await errors}`);
}

/** Runs the CLI to its end. Its log is kept separately. */
export async function runCli(
  place: Place,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...SHORT_RUN, CLI, ...args], {
    env: environment(place, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr: keepLogLines(stderr) };
}

/** Runs the CLI to its end in this process. `runCli` starts a new one. */
export async function callCli(
  place: Place,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = {
    env: environment(place, env),
    stdin: Readable.from([]),
    stdout,
    stderr,
    logTo: logOfThisFile(),
  };
  // The output is read in parallel, because a command waits while nobody reads it.
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await main(args, io);
  stdout.end();
  stderr.end();
  const [output, errors] = await texts;
  return { code, stdout: output, stderr: errors };
}

export function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
