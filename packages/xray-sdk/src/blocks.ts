import { createScratch, utf8Length } from '#platform';

import type { Bytes, Scratch } from './platform.js';

/** 200 small snapshots fit, so a batch is rarely in two blocks. */
const BLOCK_BYTES = 384 * 1024;
const MAX_FREE = 4;
/** The most bytes of one UTF-16 unit in UTF-8. */
const UNIT_BYTES = 3;
/** Replaces the last brace of a snapshot: room for the sending time, and the line break of a batch. */
const CLOSING = ',"sentAt":"0000-00-00T00:00:00.000Z"}\n';
const TIME_AT = CLOSING.indexOf('0');
/** In place of the losses that a snapshot reports: it left the queue. */
export const GONE = -1;

/** The blocks that no queue uses. All clients of a process share them. */
const free: Block[] = [];

/**
 * Memory for finished snapshots, each behind the last one, as a batch sends them. It is outside of
 * the heap, so waiting snapshots cost the garbage collector almost nothing.
 */
export class Block {
  readonly bytes: Bytes;
  readonly #scratch: Scratch;
  /** By place: where a snapshot begins, its order, its key, and the losses that it reports. */
  readonly starts: number[] = [];
  readonly orders: number[] = [];
  readonly keys: number[] = [];
  readonly drops: number[] = [];
  used = 0;
  /** The place of the first snapshot that may still wait. */
  first = 0;
  waiting = 0;

  constructor(size: number) {
    this.#scratch = createScratch(size);
    this.bytes = this.#scratch.bytes;
  }

  hasRoomFor(json: string, isAscii: boolean): boolean {
    const bytes = isAscii ? json.length : json.length * UNIT_BYTES;
    return this.bytes.length - this.used >= bytes + CLOSING.length;
  }

  /** Whether the block holds a batch, and most of it would not stay unused. */
  isFull(batchSize: number): boolean {
    return this.starts.length >= batchSize && this.used > BLOCK_BYTES / 4;
  }

  /** Writes a snapshot that has room. Returns its place. */
  write(json: string, isAscii: boolean): number {
    const start = this.used;
    const end = start + this.#scratch.write(json, start, isAscii) - 1;
    this.used = end + this.#scratch.write(CLOSING, end, true);
    this.waiting += 1;
    return this.starts.push(start) - 1;
  }

  endOf(place: number): number {
    return this.starts[place + 1] ?? this.used;
  }

  clear(): void {
    this.starts.length = this.orders.length = this.keys.length = this.drops.length = 0;
    this.used = this.first = this.waiting = 0;
  }
}

/** An empty block with room for the text. */
export function takeBlock(json: string, isAscii: boolean): Block {
  const bytes = (isAscii ? json.length : utf8Length(json)) + CLOSING.length;
  return bytes > BLOCK_BYTES ? new Block(bytes) : (free.pop() ?? new Block(BLOCK_BYTES));
}

/** Gives back a block that no queue and no request uses. */
export function giveBlock(block: Block): void {
  if (free.length >= MAX_FREE || block.bytes.length !== BLOCK_BYTES) return;
  block.clear();
  free.push(block);
}

/** The length of the text of a snapshot between two places of a block. */
export function bodyBytes(start: number, end: number): number {
  return end - start - CLOSING.length + 1;
}

/** Writes the time of sending into the snapshot that ends here. */
export function stamp(bytes: Bytes, end: number, time: Uint8Array): void {
  bytes.set(time, end - CLOSING.length + TIME_AT);
}

/** A copy of a text that is in no block, as a block holds it. */
export function closed(body: Uint8Array, time: Uint8Array): Bytes {
  const end = body.length - 1 + CLOSING.length;
  const bytes = new Uint8Array(end);
  bytes.set(body);
  for (let at = 0; at < CLOSING.length; at += 1) {
    bytes[body.length - 1 + at] = CLOSING.charCodeAt(at);
  }
  stamp(bytes, end, time);
  return bytes;
}
