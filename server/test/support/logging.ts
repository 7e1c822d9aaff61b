import { appendFileSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { expect, inject } from 'vitest';
import { logFile, plant } from './canaries.js';

/** Secrets of this run. Its logs are searched for them at the end. */
export function plantSecrets(...secrets: string[]): void {
  plant(inject('logFolder'), secrets);
}

const opened = new Map<string, number>();

/** The log of the servers that run inside this test file's process. */
export function logOfThisFile(): number {
  const name = nameOfLog();
  const log = opened.get(name) ?? openSync(name, 'a');
  opened.set(name, log);
  return log;
}

/** Keeps the stderr of a server in a process of its own. */
export function keepLog(stderr: Readable): void {
  const file = nameOfLog();
  stderr.on('data', (chunk: Buffer) => appendFileSync(file, chunk));
}

/** Keeps the lines of the server's logger, and returns the others. */
export function keepLogLines(text: string): string {
  const lines = text.split(/(?<=\n)/);
  const isLogged = (line: string): boolean => line.startsWith('{"level":');
  appendFileSync(nameOfLog(), lines.filter(isLogged).join(''));
  return lines.filter((line) => !isLogged(line)).join('');
}

function nameOfLog(): string {
  return logFile(inject('logFolder'), expect.getState().testPath ?? 'unknown');
}
