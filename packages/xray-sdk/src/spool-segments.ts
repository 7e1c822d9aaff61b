import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import { readRecord, type SpoolRecord } from './spool-record.js';

const CHUNK_BYTES = 256 * 1024;
const LINE_BREAK = 0x0a;

/** The result of one read of a segment. */
export interface SegmentRead {
  readonly records: readonly SpoolRecord[];
  /** The number of torn and damaged lines. */
  readonly torn: number;
  /** The length of the part that was read, including torn lines. */
  readonly bytes: number;
}

const NOTHING: SegmentRead = { records: [], torn: 0, bytes: 0 };

/**
 * The directory of one process. `<n>.spool` are append-only segments, read from the front. `acknowledged`
 * holds the delivered position: a segment's number and an offset in it.
 */
export class Segments {
  readonly dir: string;
  #numbers: number[] = [];
  #offset = 0;
  /** The end of the last read, which is acknowledged when its records are settled. */
  #readTo: { readonly segment: number; readonly offset: number } | undefined;
  /** The bytes on disk that are not acknowledged. `#readBytes` of them were read. */
  #bytes = 0;
  #readBytes = 0;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** The bytes that are written and not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  path(segment: number): string {
    return join(this.dir, `${String(segment).padStart(8, '0')}.spool`);
  }

  /** Reads the directory of an ended process. */
  async open(): Promise<void> {
    const names = await readdir(this.dir);
    this.#numbers = names
      .filter((name) => name.endsWith('.spool'))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
    const acknowledged = await readFile(join(this.dir, 'acknowledged'), 'utf8').catch(() => '');
    const [segment, offset] = acknowledged.split(' ').map(Number);
    if (segment === this.#numbers[0] && Number.isSafeInteger(offset)) this.#offset = offset ?? 0;
    const files = await Promise.all(this.#numbers.map((number) => stat(this.path(number))));
    this.#bytes = files.reduce((sum, { size }) => sum + size, 0) - this.#offset;
  }

  /** Counts bytes that were appended to the last file. */
  written(bytes: number): void {
    this.#bytes += bytes;
  }

  async add(segment: number): Promise<FileHandle> {
    await mkdir(this.dir, { recursive: true });
    const file = await open(this.path(segment), 'a');
    this.#numbers.push(segment);
    return file;
  }

  /**
   * Reads the next records of the oldest segment. `isComplete` means that no process writes to the
   * directory any more. Then an end without a line break is a torn line.
   */
  async read(maxItems: number, maxBytes: number, isComplete: boolean): Promise<SegmentRead> {
    for (;;) {
      const [segment] = this.#numbers;
      if (segment === undefined) return NOTHING;
      const isLast = this.#numbers.length === 1;
      const start = this.#readTo?.offset ?? this.#offset;
      const found = await readSegment(
        this.path(segment),
        start,
        maxItems,
        maxBytes,
        isComplete || !isLast,
      );
      this.#readTo = { segment, offset: start + found.bytes };
      this.#readBytes += found.bytes;
      if (found.records.length > 0 || found.torn > 0) return found;
      if (isLast && !isComplete) return found;
      await this.#remove(segment);
      if (isLast) return found;
    }
  }

  /** Marks the read records as settled. No process reads them again, even after a crash. */
  async acknowledge(): Promise<void> {
    this.#bytes -= this.#readBytes;
    this.#readBytes = 0;
    if (this.#readTo === undefined) return;
    const { segment, offset } = this.#readTo;
    this.#offset = offset;
    await writeFile(join(this.dir, 'acknowledged'), `${String(segment)} ${String(offset)}`);
  }

  async removeAll(): Promise<void> {
    this.#numbers = [];
    this.#bytes = 0;
    this.#readBytes = 0;
    this.#offset = 0;
    this.#readTo = undefined;
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
  const file = await openIfThere(path);
  if (file === undefined) return NOTHING;
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
        if (isFull && records.length > 0) return { records, torn, bytes: offset - start };
        const record = readRecord(rest.toString('utf8', 0, end));
        if (record !== undefined) records.push(record);
        else if (end > 0) torn += 1;
        offset += end + 1;
        rest = rest.subarray(end + 1);
        end = rest.indexOf(LINE_BREAK);
      }
      if (bytesRead > 0) continue;
      if (isComplete && rest.length > 0)
        return { records, torn: torn + 1, bytes: offset + rest.length - start };
      return { records, torn, bytes: offset - start };
    }
  } finally {
    await file.close();
  }
}

/** `undefined` if somebody removed the file. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
