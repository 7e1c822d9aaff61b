import { fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import type { SpoolOwner } from './spool-owner.js';
import type { Segments } from './spool-segments.js';

const SEGMENT_BYTES = 8 * 1024 * 1024;

/** The last file of a process's own segments. Lines are appended to it. */
export class SpoolFile {
  readonly #segments: Segments;
  readonly #owner: SpoolOwner;
  #file: FileHandle | undefined;
  #bytes = 0;
  #nextSegment = 0;

  constructor(segments: Segments, owner: SpoolOwner) {
    this.#segments = segments;
    this.#owner = owner;
  }

  /**
   * Appends the lines, or as many as fit on the disk. Returns their number. If `isWanted` returns false at
   * the end, the file keeps none of them. `failed` gets the error of a write.
   */
  async append(
    lines: readonly Uint8Array[],
    isWanted: () => boolean,
    failed: (error: unknown) => void,
  ): Promise<number> {
    const file = await this.#open();
    if (!isWanted()) return 0;
    const bytes = Buffer.concat(lines);
    let written = 0;
    try {
      // A full disk writes a part without an error. Only the next write fails.
      while (written < bytes.length) {
        written += (await file.write(bytes, written)).bytesWritten;
      }
    } catch (error) {
      failed(error);
    }
    let [kept, keptBytes] = [0, 0];
    for (const line of isWanted() ? lines : []) {
      if (keptBytes + line.length > written) break;
      keptBytes += line.length;
      kept += 1;
    }
    if (keptBytes < written) await this.#cutTo(file, this.#bytes + keptBytes);
    this.#bytes += keptBytes;
    this.#segments.written(keptBytes);
    return kept;
  }

  /**
   * Appends lines while the thread waits. `begun` are those of an unfinished `append`. Throws if the write
   * fails.
   */
  appendNow(begun: readonly Uint8Array[], others: readonly Uint8Array[]): void {
    const fd = this.#file?.fd ?? this.#openNow();
    const isBegunWritten = fstatSync(fd).size > this.#bytes;
    const bytes = Buffer.concat(isBegunWritten ? others : [...begun, ...others]);
    if (writeSync(fd, bytes) !== bytes.length) throw new Error('the disk is full');
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<FileHandle> {
    if (this.#file !== undefined && this.#bytes <= SEGMENT_BYTES) return this.#file;
    await this.close();
    const file = await this.#segments.add(this.#nextSegment);
    this.#file = file;
    this.#nextSegment += 1;
    this.#bytes = 0;
    // Without a heartbeat the age of the directory counts.
    await this.#owner.beat(this.#segments.dir).catch(() => {});
    return file;
  }

  /** Cuts off a partly written line. If that fails, the next line begins a new file. */
  async #cutTo(file: FileHandle, bytes: number): Promise<void> {
    try {
      await file.truncate(bytes);
    } catch {
      this.#file = undefined;
      await file.close().catch(() => {});
    }
  }

  #openNow(): number {
    mkdirSync(this.#segments.dir, { recursive: true });
    return openSync(this.#segments.path(this.#nextSegment), 'a');
  }
}
