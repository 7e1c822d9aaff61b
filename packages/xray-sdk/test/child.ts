import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a child process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** Starts a program of `test/programs` against the built package, as a host would have it. */
export function startProgram(name: string, env: Record<string, string>): ChildProcess {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  return spawn(process.execPath, [path], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function runProgram(name: string, env: Record<string, string>): Promise<Ended> {
  const startedMs = performance.now();
  const child = startProgram(name, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr, elapsedMs: performance.now() - startedMs };
}
