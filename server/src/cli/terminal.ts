import { createInterface } from 'node:readline/promises';

/** A command that cannot be carried out as it was given; the message says how it could. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/**
 * Resolves when a person typed `word`, or had said `--yes` beforehand.
 *
 * @throws UsageError when there is nobody to ask, or the answer was another.
 */
export async function confirm(question: string, word: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`${question} This cannot be undone: say --yes if it is meant.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `${question}\nThis cannot be undone. Type ${word} to go on: `,
  );
  terminal.close();
  if (answer.trim() !== word) throw new UsageError('Nothing was done.');
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
