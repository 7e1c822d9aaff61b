import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { printable, stringifyJson } from '@xray/core';
import { loadConfig, type Config } from '../config.js';
import { safeJson } from '../safe-json.js';

/** A command that cannot be carried out as given. The message says how it can be. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Where a command reads and writes; Node's `process` is one. */
export interface Io {
  env: Record<string, string | undefined>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  /** The file descriptor for the log, if it is not stderr. */
  logTo?: number;
}

/** How often a progress bar is drawn, in ms. */
const DRAW_EVERY_MS = 100;
const BAR_WIDTH = 24;

/**
 * All text of a command is printed by this class. Names come from other people, so their control
 * and bidi characters are removed, and a name cannot add a line.
 */
export class Terminal {
  readonly io: Io;
  /** A command may print its answer and still fail as a whole. */
  exitCode = 0;

  constructor(io: Io) {
    this.io = io;
  }

  /** The settings of this command's environment. */
  config(): Config {
    const config = loadConfig(this.io.env);
    return { ...config, logTo: this.io.logTo ?? config.logTo };
  }

  /** Prints each text as one line. */
  say(...lines: string[]): void {
    this.io.stdout.write(linesOf(lines));
  }

  /** Prints each text as one line of stderr. */
  warn(...lines: string[]): void {
    this.io.stderr.write(linesOf(lines));
  }

  /** Prints a value over several lines, or on one with `indent` 0. */
  json(value: unknown, indent = 2): void {
    this.io.stdout.write(`${safeJson(stringifyJson(value, undefined, indent))}\n`);
  }

  /**
   * Resolves when a person types `word`, or if `yes` is set.
   *
   * @throws UsageError if no person can answer, or the answer differs.
   */
  async confirm(question: string, word: string, yes: boolean): Promise<void> {
    if (yes) return;
    const { stdin, stderr } = this.io;
    const safeQuestion = printable(question);
    if (!stdin.isTTY || !stderr.isTTY) {
      throw new UsageError(`${safeQuestion} This cannot be undone. Add --yes to confirm.`);
    }
    const reader = createInterface({ input: stdin, output: stderr });
    const answer = await reader.question(
      `${safeQuestion}\nThis cannot be undone. Type ${printable(word)} to continue: `,
    );
    reader.close();
    if (answer.trim() !== word) throw new UsageError('Nothing was changed.');
  }

  /** A bar on stderr. Without a total it only shows the text. */
  progress(total: number | undefined): Progress {
    return new Progress(this.io.stderr, total);
  }
}

/** Moves while a person looks at the terminal, and prints nothing otherwise. */
export class Progress {
  readonly #stream: Io['stderr'];
  readonly #total: number | undefined;
  #drawnAt = 0;

  constructor(stream: Io['stderr'], total: number | undefined) {
    this.#stream = stream;
    this.#total = total;
  }

  show(done: number, text: string): void {
    if (!this.#stream.isTTY || performance.now() - this.#drawnAt < DRAW_EVERY_MS) return;
    this.#drawnAt = performance.now();
    this.#stream.write(`\r\x1B[2K${this.#bar(done)}${printable(text)}`);
  }

  /** Clears the bar, so that the closing line can be printed. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1B[2K');
  }

  #bar(done: number): string {
    if (this.#total === undefined || this.#total === 0) return '';
    const share = Math.min(done / this.#total, 1);
    const filled = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
    return `${filled} ${String(Math.floor(share * 100)).padStart(3)} %  `;
  }
}

/** One cell of a row. Columns are two spaces apart, so a name may not contain two spaces. */
export function cell(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

/** Names in a list. A name that could be read as several names, or as no name, is quoted. */
export function nameList(names: readonly string[]): string {
  return names.map((name) => (/^[\w.:-]+$/.test(name) ? name : JSON.stringify(name))).join(', ');
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}
