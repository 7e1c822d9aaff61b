import { appendFileSync, createReadStream, mkdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A file next to the logs of a run: the secrets that its tests planted, one a line. */
const PLANTED = 'planted';
const LOG = '.log';
/** Texts of this length are unique: keys, tokens, cookies. */
const TOKEN = /[\w-]{16,}/g;
const HEAD = 16;

/** Texts that no log may contain. */
const NEVER: readonly RegExp[] = [
  /xr_\w{8}/,
  // Values that tests record or filter by.
  /canary/i,
  // Clerk's tokens and the secrets shared with Clerk.
  /\beyJ[\w-]{8}|whsec_|sk_test_/,
  /session_token/,
  // The password in the database's address.
  /postgres:postgres/,
];

/** A line of a log with a secret. */
export interface Leak {
  file: string;
  line: number;
  text: string;
}

/** From now on no log of the run may contain any of these. */
export function plant(folder: string, secrets: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const secret of secrets) appendFileSync(path.join(folder, PLANTED), `${secret}\n`);
}

/** The log file for the servers of a test file. */
export function logFile(folder: string, testFile: string): string {
  return path.join(folder, `${path.basename(testFile, '.ts')}${LOG}`);
}

/** Every line of the run's logs that contains a secret. */
export async function findLeaks(folder: string): Promise<{ leaks: Leak[]; lines: number }> {
  const names = await readdir(folder);
  const planted = names.includes(PLANTED)
    ? (await readFile(path.join(folder, PLANTED), 'utf8')).split('\n')
    : [];
  const holdsPlanted = searchFor(new Set(planted.filter((secret) => secret !== '')));
  const leaks: Leak[] = [];
  let lines = 0;
  for (const name of names.filter((one) => one.endsWith(LOG))) {
    const file = path.join(folder, name);
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(file) })) {
      line++;
      if (NEVER.some((pattern) => pattern.test(text)) || holdsPlanted(text)) {
        leaks.push({ file, line, text });
      }
    }
    lines += line;
  }
  return { leaks, lines };
}

/** There are thousands of tokens and lines, so each token is searched by its first characters. */
function searchFor(secrets: ReadonlySet<string>): (text: string) => boolean {
  const byHead = new Map<string, string[]>();
  const phrases = new Set<string>();
  for (const secret of secrets) {
    if (secret.replace(TOKEN, '') !== '') phrases.add(secret);
    for (const token of secret.match(TOKEN) ?? []) {
      const head = token.slice(0, HEAD);
      byHead.set(head, [...(byHead.get(head) ?? []), token]);
    }
  }
  const holdsToken = (run: string): boolean => {
    for (let at = 0; at + HEAD <= run.length; at++) {
      const tokens = byHead.get(run.slice(at, at + HEAD)) ?? [];
      if (tokens.some((token) => run.startsWith(token, at))) return true;
    }
    return false;
  };
  return (text) =>
    [...phrases].some((phrase) => text.includes(phrase)) ||
    (text.match(TOKEN) ?? []).some(holdsToken);
}
