import { equal, hex } from './bytes.js';
import { readEntry, type ControlEntry, type RetentionRule, type Scope } from './entries.js';
import type { Hashes } from './hashes.js';
import { rangesOf } from './leaf-list.js';
import type { Commitment } from './seal.js';
import { EntryReader } from './tiles.js';
import { Frontier, hashLeaves } from './tree.js';
import type { Findings } from './findings.js';

const COMMITMENT_BYTES = 64;
const DAY_MS = 86_400_000;

/** One bit for each thing that is known of a leaf. */
const MARK = { record: 1, final: 2, erased: 4, lost: 8, seen: 16, altered: 32 } as const;
type Mark = keyof typeof MARK;

/**
 * All entries of a log, read once from the first to the last. It holds 65 bytes a leaf, and finds what is wrong
 * with the entries themselves: unreadable ones, and erasures that no rule allowed.
 */
export class Log {
  readonly frontier = new Frontier();
  /** Roots at the sizes that were asked for. */
  readonly roots = new Map<number, Uint8Array>();
  readonly keys: { leaf: number; vkey: string }[] = [];
  readonly erasures: { at: string; why: string; leaves: number; audit?: string }[] = [];
  readonly redactions = new Map<number, number>();
  readonly late: { leaf: number; oldest: string }[] = [];
  app: string | undefined;
  origin: string | undefined;
  newest: string | undefined;
  newestBatch: string | undefined;
  #commitments = new Uint8Array(COMMITMENT_BYTES * 1024);
  #marks = new Uint8Array(1024);
  #batches: { leaf: number; at: string; oldest: string }[] = [];
  #rules: { retention: RetentionRule[]; holds: Scope[] } = { retention: [], holds: [] };
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get size(): number {
    return this.frontier.size;
  }

  /** @param sizes at which the root is wanted, beside the last */
  async read(hashes: Hashes, chunks: AsyncIterable<Uint8Array>, sizes: number[]): Promise<void> {
    const reader = new EntryReader();
    const wanted = [...new Set(sizes)].toSorted((a, b) => a - b);
    for await (const chunk of chunks) {
      let entries = reader.push(chunk);
      while (entries.length > 0) {
        const next = wanted.find((size) => size > this.size) ?? Number.POSITIVE_INFINITY;
        const part = entries.slice(0, next - this.size);
        entries = entries.slice(part.length);
        const first = this.size;
        await this.frontier.append(hashes, await hashLeaves(hashes, part));
        for (const [i, entry] of part.entries()) this.#add(first + i, entry);
        if (this.size === next) this.roots.set(next, await this.frontier.root(hashes));
      }
    }
    if (reader.left > 0) {
      const text = `${reader.left} bytes behind the last whole entry`;
      this.#findings.add('unreadable', { leaf: this.size, text });
    }
  }

  is(leaf: number, mark: Mark): boolean {
    return ((this.#marks[leaf] ?? 0) & MARK[mark]) !== 0;
  }

  mark(leaf: number, mark: Mark): void {
    this.#marks[leaf] = (this.#marks[leaf] ?? 0) | MARK[mark];
  }

  /** Whether the leaf is exactly this commitment. */
  holds(leaf: number, { name, content }: Commitment): boolean {
    return equal(this.#name(leaf), name) && equal(this.#content(leaf), content);
  }

  nameOf(leaf: number): string {
    return String.fromCharCode(...this.#name(leaf));
  }

  /** The leaf with this content, looked for in all. For records that do not fit their own leaf. */
  leafOf(content: Uint8Array): number | undefined {
    this.#byContent ??= new Map(this.records().map((leaf) => [hex(this.#content(leaf)), leaf]));
    return this.#byContent.get(hex(content));
  }
  #byContent: Map<string, number> | undefined;

  records(): number[] {
    return Array.from({ length: this.size }, (_, leaf) => leaf).filter((leaf) =>
      this.is(leaf, 'record'),
    );
  }

  /** When the batch of this leaf was sealed. */
  sealedAt(leaf: number): string | undefined {
    return this.#batchOf(leaf)?.at;
  }

  #batchOf(leaf: number): { leaf: number; at: string; oldest: string } | undefined {
    let [low, high] = [0, this.#batches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#batches[middle]?.leaf ?? 0) <= leaf) low = middle + 1;
      else high = middle;
    }
    return this.#batches[low - 1];
  }

  #name(leaf: number): Uint8Array {
    const start = leaf * COMMITMENT_BYTES;
    return this.#commitments.subarray(start, start + COMMITMENT_BYTES / 2);
  }

  #content(leaf: number): Uint8Array {
    const end = (leaf + 1) * COMMITMENT_BYTES;
    return this.#commitments.subarray(end - COMMITMENT_BYTES / 2, end);
  }

  #add(leaf: number, bytes: Uint8Array): void {
    this.#grow(leaf + 1);
    const entry = readEntry(bytes);
    if (entry === undefined) {
      this.#findings.add('unreadable', { leaf, text: 'the entry has no known form' });
    } else if (entry.type === 'record') {
      this.mark(leaf, 'record');
      if (entry.isFinal) this.mark(leaf, 'final');
      this.#commitments.set(entry.name, leaf * COMMITMENT_BYTES);
      this.#commitments.set(entry.content, leaf * COMMITMENT_BYTES + COMMITMENT_BYTES / 2);
    } else {
      this.#control(leaf, entry);
    }
  }

  #control(leaf: number, entry: ControlEntry): void {
    if ((entry.type === 'log') !== (leaf === 0)) {
      const text =
        leaf === 0 ? 'the first entry does not open a log' : 'a second entry that opens a log';
      this.#findings.add('rewritten', { leaf, text });
    }
    if ('at' in entry && (this.newest ?? '') < entry.at) this.newest = entry.at;
    if (entry.type === 'log') {
      this.app = entry.app;
      this.origin = entry.origin;
    } else if (entry.type === 'batch') {
      this.#batches.push({ leaf, at: entry.at, oldest: entry.oldest });
      this.newestBatch = entry.at;
      if (Date.parse(entry.at) - Date.parse(entry.oldest) > 3_600_000) {
        this.late.push({ leaf, oldest: entry.oldest });
      }
    } else if (entry.type === 'rules') {
      this.#rules = entry;
    } else if (entry.type === 'key') {
      this.keys.push({ leaf, vkey: entry.vkey });
    } else if (entry.type === 'redacted') {
      this.redactions.set(entry.from, entry.to);
    } else if (entry.type === 'lost') {
      for (const lost of this.#named(leaf, entry.leaves)) this.mark(lost, 'lost');
    } else if (entry.type === 'erased') {
      this.#erase(leaf, entry);
    }
  }

  #erase(leaf: number, entry: Extract<ControlEntry, { type: 'erased' }>): void {
    const named = this.#named(leaf, entry.leaves);
    for (const erased of named) {
      const problem = this.#forgery(erased, entry);
      if (problem !== undefined) {
        this.#findings.add('forged_erasure', {
          leaf: erased,
          text: `${problem}; entry ${leaf} says that it was erased at ${entry.at}`,
          ...sealed(this.sealedAt(erased)),
        });
      }
      this.mark(erased, 'erased');
    }
    const { at, why, audit } = entry;
    this.erasures.push({ at, why, leaves: named.length, ...(audit !== undefined && { audit }) });
  }

  /** Why the log's own entries do not allow this erasure. */
  #forgery(
    leaf: number,
    { at, why, rule }: Extract<ControlEntry, { type: 'erased' }>,
  ): string | undefined {
    if (this.is(leaf, 'erased')) return 'the record had been erased before';
    const { holds, retention } = this.#rules;
    if (holds.some((hold) => hold.environment === undefined && hold.pipeline === undefined)) {
      return 'the whole app was on hold';
    }
    if (why !== 'retention') return undefined;
    if (!rule || !retention.some((known) => isSameRule(known, rule))) {
      return 'no retention rule of that time says so';
    }
    const oldest = this.#batchOf(leaf)?.oldest;
    if (oldest === undefined || Date.parse(at) - Date.parse(oldest) < rule.days * DAY_MS) {
      return `the record was younger than ${rule.days} days`;
    }
    return undefined;
  }

  /** The records that a list names. Anything else in the list is a forgery. */
  #named(leaf: number, list: string): number[] {
    const named = [];
    for (const [from, to] of rangesOf(list)) {
      // A list must not make us count to 10^15.
      for (let at = from; at <= Math.min(to, leaf); at++) if (this.is(at, 'record')) named.push(at);
      if (to >= leaf) {
        const text = `entry ${leaf} names leaf ${to}, which is not before it`;
        this.#findings.add('forged_erasure', { leaf, text });
      }
    }
    return named;
  }

  #grow(size: number): void {
    if (size <= this.#marks.length) return;
    const capacity = Math.max(size, this.#marks.length * 2);
    const marks = new Uint8Array(capacity);
    marks.set(this.#marks);
    this.#marks = marks;
    const commitments = new Uint8Array(capacity * COMMITMENT_BYTES);
    commitments.set(this.#commitments);
    this.#commitments = commitments;
  }
}

export function sealed(at: string | undefined): { sealedAt?: string } {
  return at === undefined ? {} : { sealedAt: at };
}

function isSameRule(a: RetentionRule, b: RetentionRule): boolean {
  return a.days === b.days && a.environment === b.environment && a.pipeline === b.pipeline;
}
