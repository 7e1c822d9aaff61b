import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The options of a child process. */
interface ChildOptions {
  /** A process that takes longer is killed. */
  readonly timeoutMs?: number;
  readonly nodeArgs?: readonly string[];
  /** The longest file that the process may write, in blocks of 512 bytes (`ulimit -f`). */
  readonly maxFileBlocks?: number;
}

/** The end of a child process. The code is `null` if it was killed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program of `test/programs` with the built package, as in a host. */
export function startProgram(
  name: string,
  env: Record<string, string>,
  options: ChildOptions = {},
): ChildProcess {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const args = [...(options.nodeArgs ?? []), path];
  const limit = `ulimit -f ${String(options.maxFileBlocks ?? 'unlimited')}; exec "$0" "$@"`;
  const isLimited = options.maxFileBlocks !== undefined;
  const [command, given] = isLimited
    ? ['sh', ['-c', limit, process.execPath, ...args]]
    : [process.execPath, args];
  return spawn(command, given, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
  });
}

export async function runProgram(
  name: string,
  env: Record<string, string>,
  options: ChildOptions = {},
): Promise<Ended> {
  const child = startProgram(name, env, options);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}
