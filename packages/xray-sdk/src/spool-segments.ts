import { type FileHandle, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readRecord, type SpoolRecord } from './spool-record.js';

const CHUNK_BYTES = 256 * 1024;
const LINE_BREAK = 0x0a;

/** What one read of a segment gave. */
export interface SegmentRead {
  readonly records: readonly SpoolRecord[];
  /** Lines that a crash tore or that are damaged. */
  readonly torn: number;
  /** Where the next read begins. */
  readonly nextOffset: number;
}

/**
 * One process's directory of append-only files, read from the front. `<n>.spool` are the segments,
 * `acknowledged` says how far they are delivered: the segment's number and the offset in it.
 */
export class Segments {
  readonly dir: string;
  #numbers: number[] = [];
  #offset = 0;
  /** How far the records of the last read reach; acknowledged once they are settled. */
  #readTo: { readonly segment: number; readonly offset: number } | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  get isEmpty(): boolean {
    return this.#numbers.length === 0;
  }

  path(segment: number): string {
    return join(this.dir, `${String(segment).padStart(8, '0')}.spool`);
  }

  /** Reads the directory of a process that is gone. */
  async open(): Promise<void> {
    const names = await readdir(this.dir);
    this.#numbers = names
      .filter((name) => name.endsWith('.spool'))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
    const acknowledged = await readFile(join(this.dir, 'acknowledged'), 'utf8').catch(() => '');
    const [segment, offset] = acknowledged.split(' ').map(Number);
    if (segment === this.#numbers[0] && Number.isSafeInteger(offset)) this.#offset = offset ?? 0;
  }

  async add(segment: number): Promise<FileHandle> {
    await mkdir(this.dir, { recursive: true });
    const file = await open(this.path(segment), 'a');
    this.#numbers.push(segment);
    return file;
  }

  /**
   * The next records of the oldest segment. `isComplete`: nobody writes to the directory any more, so
   * what has no line break at the end was torn.
   */
  async read(maxItems: number, maxBytes: number, isComplete: boolean): Promise<SegmentRead> {
    for (;;) {
      const [segment] = this.#numbers;
      if (segment === undefined) return { records: [], torn: 0, nextOffset: 0 };
      const isLast = this.#numbers.length === 1;
      const start = this.#readTo?.offset ?? this.#offset;
      const found = await readSegment(
        this.path(segment),
        start,
        maxItems,
        maxBytes,
        isComplete || !isLast,
      );
      this.#readTo = { segment, offset: found.nextOffset };
      if (found.records.length > 0 || found.torn > 0) return found;
      if (isLast && !isComplete) return found;
      await this.#remove(segment);
      if (isLast) return found;
    }
  }

  /** What was read is settled: it will not be read again, not even after a crash. */
  async acknowledge(): Promise<void> {
    if (this.#readTo === undefined) return;
    const { segment, offset } = this.#readTo;
    this.#offset = offset;
    await writeFile(join(this.dir, 'acknowledged'), `${String(segment)} ${String(offset)}`);
  }

  async removeAll(): Promise<void> {
    this.#numbers = [];
    await rm(this.dir, { recursive: true, force: true });
  }

  async #remove(segment: number): Promise<void> {
    this.#numbers.shift();
    this.#offset = 0;
    this.#readTo = undefined;
    await rm(this.path(segment), { force: true });
  }
}

async function readSegment(
  path: string,
  start: number,
  maxItems: number,
  maxBytes: number,
  isComplete: boolean,
): Promise<SegmentRead> {
  const file = await open(path, 'r');
  try {
    const records: SpoolRecord[] = [];
    let torn = 0;
    let offset = start;
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, offset + rest.length);
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let end = rest.indexOf(LINE_BREAK);
      while (end >= 0) {
        const isFull = records.length >= maxItems || offset + end - start > maxBytes;
        if (isFull && records.length > 0) return { records, torn, nextOffset: offset };
        const record = readRecord(rest.toString('utf8', 0, end));
        if (record === undefined) torn += 1;
        else records.push(record);
        offset += end + 1;
        rest = rest.subarray(end + 1);
        end = rest.indexOf(LINE_BREAK);
      }
      if (bytesRead > 0) continue;
      if (isComplete && rest.length > 0)
        return { records, torn: torn + 1, nextOffset: offset + rest.length };
      return { records, torn, nextOffset: offset };
    }
  } finally {
    await file.close();
  }
}
