import { appendFileSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { expect, inject } from 'vitest';
import { logFile, plant } from './canaries.js';

/** Secrets of this run, for which its logs are looked through when it is over. */
export function plantSecrets(...secrets: string[]): void {
  plant(inject('logFolder'), secrets);
}

const opened = new Map<string, number>();

/** What the servers of this test file log to, inside its own process. */
export function logOfThisFile(): number {
  const name = nameOfLog();
  const log = opened.get(name) ?? openSync(name, 'a');
  opened.set(name, log);
  return log;
}

/** Keeps what a server in a process of its own writes. */
export function keepLog(stderr: Readable): void {
  const file = nameOfLog();
  stderr.on('data', (chunk: Buffer) => appendFileSync(file, chunk));
}

/** Keeps the lines that the server's logger wrote, and gives back the others. */
export function keepLogLines(text: string): string {
  const lines = text.split(/(?<=\n)/);
  const isLogged = (line: string): boolean => line.startsWith('{"level":');
  appendFileSync(nameOfLog(), lines.filter(isLogged).join(''));
  return lines.filter((line) => !isLogged(line)).join('');
}

function nameOfLog(): string {
  return logFile(inject('logFolder'), expect.getState().testPath ?? 'unknown');
}
