import { type Block, bodyBytes, closed, giveBlock, GONE, stamp, takeBlock } from './blocks.js';
import type { Bytes } from './platform.js';
import type { Queued, QueueHost, SnapshotQueue } from './queue.js';
import { decoder, encoder } from './utf8.js';

/** A finished snapshot, before it is in a queue. */
export interface Finished extends Pick<Queued, 'executionId' | 'reportedDrops'> {
  /** One key per execution and process. */
  readonly key: number;
  /** Whether no later snapshot with the key follows. */
  readonly isFinal: boolean;
  readonly json: string;
  /** Whether all of the text is known to be ASCII. */
  readonly isAscii: boolean;
}

/** The members before the execution's id are the client's, and shorter than this. */
const MAX_HEAD_BYTES = 1_024;
const BRACE = 0x7d;

/** A snapshot in a block. Its bytes are read only if something goes wrong. */
class InBlock implements Queued {
  readonly key: number;
  readonly order: number;
  readonly reportedDrops: number;
  readonly block: Block;
  readonly place: number;
  readonly start: number;
  readonly end: number;
  failures = 0;

  constructor(block: Block, place: number) {
    this.key = block.keys[place] ?? 0;
    this.order = block.orders[place] ?? 0;
    this.reportedDrops = block.drops[place] ?? 0;
    this.block = block;
    this.place = place;
    this.start = block.starts[place] ?? 0;
    this.end = block.endOf(place);
  }

  get executionId(): string {
    const head = this.block.bytes.subarray(this.start, this.start + MAX_HEAD_BYTES);
    return /"executionId":"([^"]*)"/.exec(String.fromCharCode(...head))?.[1] ?? '';
  }

  get body(): Uint8Array {
    // `slice` of a Buffer would not copy.
    const body = Uint8Array.from(this.block.bytes.subarray(this.start, this.start + this.bytes));
    body[this.bytes - 1] = BRACE;
    return body;
  }

  /** The length of the body. */
  get bytes(): number {
    return bodyBytes(this.start, this.end);
  }
}

/** The length of a snapshot's body. */
export function bytesOf(item: Queued): number {
  return item instanceof InBlock ? item.bytes : item.body.length;
}

/**
 * A queue in memory, first in, first out. The user of the queue limits its size. A batch is a part
 * of a block, so sending it copies nothing.
 */
export class MemoryQueue implements SnapshotQueue {
  readonly isDurable = false;
  /** From the oldest to the one that is written to. */
  #blocks: Block[] = [];
  #hasEmptyBlock = false;
  /** Blocks with snapshots that are taken but not settled. A request may use the bytes. */
  readonly #inUse = new Set<Block>();
  /** The waiting snapshots that a later one may replace, by key. */
  readonly #replaceable = new Map<number, { readonly block: Block; readonly place: number }>();
  readonly #batchSize: number;
  size = 0;
  bytes = 0;

  /** @param batchSize the number of snapshots in a batch. A batch in one block needs no copy. */
  constructor(batchSize = Infinity) {
    this.#batchSize = batchSize;
  }

  get oldestOrder(): number {
    return this.#oldest()?.order ?? Infinity;
  }

  /** Adds a snapshot that left another queue. None replaces it. */
  push(item: Queued): Queued | undefined {
    const { key, order, executionId, reportedDrops } = item;
    const json = decoder.decode(item.body);
    const snapshot = { key, isFinal: true, executionId, reportedDrops, json, isAscii: false };
    return this.add(snapshot, order);
  }

  /** Adds at the end. Returns the earlier snapshot of the same execution, which it replaces. */
  add({ key, isFinal, json, isAscii, reportedDrops }: Finished, order: number): Queued | undefined {
    const earlier = this.#replaceable.size > 0 ? this.#removeByKey(key) : undefined;
    if (this.#hasEmptyBlock) this.#recycle();
    const block = this.#blockFor(json, isAscii);
    const start = block.used;
    const place = block.write(json, isAscii);
    block.orders.push(order);
    block.keys.push(key);
    block.drops.push(reportedDrops);
    if (!isFinal) this.#replaceable.set(key, { block, place });
    this.size += 1;
    this.bytes += bodyBytes(start, block.used);
    return earlier;
  }

  shift(): Queued | undefined {
    const oldest = this.#oldest();
    if (oldest !== undefined) this.#remove(oldest);
    return oldest;
  }

  take(maxItems: number, maxBytes: number): Queued[] {
    const batch: InBlock[] = [];
    let bytes = 0;
    while (batch.length < maxItems) {
      const item = this.#oldest();
      if (item === undefined) break;
      // The end of a block ends a large batch, so that sending it needs no copy.
      if (batch.length * 2 >= maxItems && batch.at(-1)?.block !== item.block) break;
      bytes += item.bytes;
      if (batch.length > 0 && bytes > maxBytes) break;
      this.#inUse.add(item.block);
      this.#remove(item);
      batch.push(item);
    }
    return batch;
  }

  settled(): void {
    this.#inUse.clear();
    this.#recycle();
  }

  async secure(): Promise<void> {}

  async close(): Promise<void> {}

  #oldest(): InBlock | undefined {
    const block = this.#blocks.find(({ waiting }) => waiting > 0);
    if (block === undefined) return undefined;
    while (block.drops[block.first] === GONE) block.first += 1;
    return new InBlock(block, block.first);
  }

  #removeByKey(key: number): Queued | undefined {
    const at = this.#replaceable.get(key);
    if (at === undefined) return undefined;
    const item = new InBlock(at.block, at.place);
    this.#remove(item);
    return item;
  }

  #remove(item: InBlock): void {
    if (this.#replaceable.size > 0) this.#replaceable.delete(item.key);
    item.block.drops[item.place] = GONE;
    item.block.waiting -= 1;
    if (item.block.waiting === 0) this.#hasEmptyBlock = true;
    this.size -= 1;
    this.bytes -= item.bytes;
  }

  #blockFor(json: string, isAscii: boolean): Block {
    const last = this.#blocks.at(-1);
    if (last?.hasRoomFor(json, isAscii) === true && !last.isFull(this.#batchSize)) return last;
    const block = takeBlock(json, isAscii);
    this.#blocks.push(block);
    return block;
  }

  /** The bytes of a removed snapshot stay readable until the next `add` or `settled`. */
  #recycle(): void {
    this.#hasEmptyBlock = false;
    this.#blocks = this.#blocks.filter((block) => {
      const isNeeded = block.waiting > 0 || this.#inUse.has(block);
      if (!isNeeded) giveBlock(block);
      return isNeeded;
    });
  }
}

/** A queue in memory that replaces an unusable queue on disk. */
export class UndurableQueue extends MemoryQueue {
  readonly #host: Pick<QueueHost, 'notDurable'>;

  constructor(host: Pick<QueueHost, 'notDurable'>) {
    super();
    this.#host = host;
  }

  override add(snapshot: Finished, order: number): Queued | undefined {
    this.#host.notDurable();
    return super.add(snapshot, order);
  }
}

/** Joins the snapshots of a batch with the time of sending. Copies nothing if they are neighbours. */
export function joinSnapshots(items: readonly Pick<Queued, 'body'>[], sentAt: string): Bytes {
  const time = encoder.encode(sentAt);
  const runs: Bytes[] = [];
  let last: { readonly block: Block; readonly start: number; end: number } | undefined;
  const endRun = (): void => {
    if (last !== undefined) runs.push(partOf(last.block.bytes, last.start, last.end));
  };
  for (const item of items) {
    if (item instanceof InBlock) {
      const { block, start, end } = item;
      stamp(block.bytes, end, time);
      if (last?.block === block && last.end === start) {
        last.end = end;
        continue;
      }
      endRun();
      last = { block, start, end };
    } else {
      endRun();
      last = undefined;
      runs.push(closed(item.body, time));
    }
  }
  endRun();
  // The last line needs no line break.
  const whole = runs.length === 1 && runs[0] !== undefined ? runs[0] : concat(runs);
  return partOf(whole, 0, whole.length - 1);
}

/** A view of the same memory. */
function partOf(bytes: Bytes, start: number, end: number): Bytes {
  return bytes.subarray(start, end) as Bytes;
}

function concat(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
