import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { factsOf, type Snapshot as CoreSnapshot } from '@xray/core';
import { lineOf, writeLines } from './records.js';
import { ask } from './server.js';

/** The executions to pull, and the server that has them. */
export interface PullOptions {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly app: string;
  readonly q: string | undefined;
  readonly max: number;
  readonly spread: readonly SpreadBy[];
  readonly out: string;
  onProgress(read: number): void;
}

/** Properties over which records can be spread: outcome, decisive rule, and the names of the steps in order. */
export const SPREADS = ['outcome', 'rule', 'course'] as const;
export type SpreadBy = (typeof SPREADS)[number];

/** The counts of a pull. */
export interface Pulled {
  readonly population: number;
  readonly records: number;
  readonly strata: number;
}

/** The fewest records that are taken of a stratum, unless it has fewer. */
const MIN_PER_STRATUM = 20;

interface Drawn {
  readonly rank: string;
  readonly text: string;
}

/** The records of one combination of properties. Those with the lowest hashes of their ids are drawn. */
class Stratum {
  count = 0;
  readonly #max: number;
  #drawn: Drawn[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  add(drawn: Drawn): void {
    this.count += 1;
    this.#drawn.push(drawn);
    if (this.#drawn.length >= this.#max * 2) this.#drawn = this.first(this.#max);
  }

  first(count: number): Drawn[] {
    return this.#drawn.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, count);
  }
}

/**
 * Downloads the executions that a filter finds, and draws at most `max` records, at least 20 of each stratum where possible. The same
 * executions give the same draw. Each record keeps how many executions it stands for.
 */
export async function pullRecords(options: PullOptions): Promise<Pulled> {
  const strata = new Map<string, Stratum>();
  let population = 0;
  for await (const line of exportOf(options)) {
    const { snapshot } = JSON.parse(line) as { snapshot: CoreSnapshot };
    const key = keyOf(snapshot, options.spread);
    let stratum = strata.get(key);
    if (stratum === undefined) strata.set(key, (stratum = new Stratum(options.max)));
    stratum.add({ rank: rankOf(snapshot.executionId), text: line });
    population += 1;
    options.onProgress(population);
  }
  const shares = allocate(
    [...strata.values()].map(({ count }) => count),
    options.max,
  );
  const lines = [...strata.values()].flatMap((stratum, index) => {
    const drawn = stratum.first(shares[index] ?? 0);
    return drawn.map(({ text }) => lineOf(text, stratum.count / drawn.length));
  });
  await writeLines(options.out, lines);
  return { population, records: lines.length, strata: strata.size };
}

/** How many of each stratum are drawn: at least 20 where possible, the rest in proportion to the strata. */
export function allocate(counts: readonly number[], max: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= max) return [...counts];
  const least = Math.max(1, Math.min(MIN_PER_STRATUM, Math.floor(max / counts.length)));
  const shares = counts.map((count) => Math.min(count, least));
  let left = max - shares.reduce((sum, share) => sum + share, 0);
  while (left > 0) {
    const open = counts.map((count, index) => count - (shares[index] ?? 0));
    const openTotal = open.reduce((sum, count) => sum + count, 0);
    if (openTotal === 0) break;
    const before = left;
    for (const [index, count] of open.entries()) {
      const more = Math.min(count, Math.floor((before * count) / openTotal), left);
      shares[index] = (shares[index] ?? 0) + more;
      left -= more;
    }
    if (left === before) {
      // Less than one for each: the largest remainders get one.
      for (const [index] of [...open.entries()].sort(([, a], [, b]) => b - a).slice(0, left)) {
        shares[index] = (shares[index] ?? 0) + 1;
      }
      break;
    }
  }
  return shares;
}

function keyOf(snapshot: CoreSnapshot, spread: readonly SpreadBy[]): string {
  const { outcome, decisive, steps } = factsOf(snapshot);
  const properties = { outcome, rule: decisive, course: steps.map(({ name }) => name) };
  return JSON.stringify(spread.map((name) => properties[name]));
}

function rankOf(executionId: string): string {
  return createHash('sha256').update(executionId).digest('hex');
}

async function* exportOf({ endpoint, apiKey, app, q }: PullOptions): AsyncGenerator<string> {
  const query = q === undefined ? '' : `?${new URLSearchParams({ q }).toString()}`;
  const path = `/api/apps/${encodeURIComponent(app)}/export${query}`;
  const response = await ask({ endpoint, apiKey }, path);
  if (response.body === null) return;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  for await (const line of createInterface({ input: body, crlfDelay: Infinity })) {
    if (line !== '') yield line;
  }
}
