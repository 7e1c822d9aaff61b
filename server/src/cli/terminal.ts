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

/** How often a progress bar is drawn anew, in ms. */
const DRAW_EVERY_MS = 100;
const BAR_WIDTH = 24;

/** A bar on stderr that moves while a person looks at it; nothing where nobody does. */
export class Progress {
  readonly #total: number | undefined;
  #drawnAt = 0;

  /** Without a total it only says how far it is. */
  constructor(total: number | undefined) {
    this.#total = total;
  }

  show(done: number, text: string): void {
    if (!process.stderr.isTTY || performance.now() - this.#drawnAt < DRAW_EVERY_MS) return;
    this.#drawnAt = performance.now();
    process.stderr.write(`\r\x1B[2K${this.#bar(done)}${text}`);
  }

  /** Clears the bar, for the line that says how it ended. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1B[2K');
  }

  #bar(done: number): string {
    if (this.#total === undefined || this.#total === 0) return '';
    const share = Math.min(done / this.#total, 1);
    const filled = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
    return `${filled} ${String(Math.floor(share * 100)).padStart(3)} %  `;
  }
}
