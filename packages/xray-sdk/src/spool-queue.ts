import { mkdir } from 'node:fs/promises';

import { MemoryQueue } from './memory-queue.js';
import type { Queued, QueueHost, SnapshotQueue } from './queue.js';
import { realMonotonicMs, realWallMs } from './real-time.js';
import { SpoolFile } from './spool-file.js';
import { HEARTBEAT_MS, SpoolOwner } from './spool-owner.js';
import { type SpoolRecord, writeRecord } from './spool-record.js';
import { Segments } from './spool-segments.js';
import { DiskWork } from './spool-work.js';
import { isObject } from './source.js';
import { warnOnce } from './warning.js';

/** Real timers, because fake timers in a host's tests may never fire. */
const [runSoon, runEvery] = [setImmediate, setInterval];
/** A damaged line does not reveal its execution. */
const UNREADABLE = { executionId: '', reportedDrops: 0 };

/** Snapshots that were read from the disk, and the directory that holds them until they are settled. */
interface Batch {
  readonly source: Segments;
  readonly items: Queued[];
}

/** A snapshot that is not on disk yet. */
interface Pending {
  readonly item: Queued;
  readonly line: Uint8Array;
}

/**
 * A queue on disk. A push only notes a line. Later the queue appends all noted lines together, in
 * order. A take reads from the front: first the records of earlier processes, then its own.
 */
export class SpoolQueue implements SnapshotQueue {
  readonly isDurable = true;
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #host: QueueHost;
  readonly #owner: SpoolOwner;
  readonly #ownSegments: Segments;
  readonly #file: SpoolFile;
  readonly #adopted: Segments[] = [];
  readonly #heartbeat: ReturnType<typeof setInterval>;
  readonly #disk = new DiskWork(
    () => this.#leaveDisk(),
    () => this.#host.ready(),
  );
  /** The disk gave this batch after its reader had stopped waiting. */
  #late: Batch | undefined;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  /** Snapshots that could not be written. The queue gives them first, because nothing else keeps them. */
  readonly #memory = new MemoryQueue();
  #nextKey = 0;
  /** The lines of the write in progress. They may or may not be on disk. */
  #writing: readonly Pending[] = [];
  #isWriteDue = false;
  /** The number of this process's records that were pushed but not taken. */
  #waiting = 0;
  #lastPushedOrder = 0;
  #lastTakenOrder = 0;
  /** The orders of the snapshots that were taken and came back to the end of the queue. */
  readonly #returned = new Set<number>();
  /** The difference between the wall clock and the monotonic clock, which never jumps. */
  #clockOffsetMs: number | undefined;
  #takenFrom: Segments | undefined;

  constructor(dir: string, maxBytes: number, host: QueueHost) {
    this.#root = dir;
    this.#maxBytes = maxBytes;
    this.#host = host;
    this.#owner = new SpoolOwner(dir, host.instanceId);
    this.#ownSegments = new Segments(this.#owner.dir);
    this.#file = new SpoolFile(this.#ownSegments, this.#owner);
    this.#owner.enter();
    void this.#run(() => this.#adopt());
    this.#heartbeat = runEvery(() => void this.#beat(), HEARTBEAT_MS).unref();
  }

  get size(): number {
    const reachable = this.#disk.isStalled ? 0 : this.#waiting + this.#adopted.length;
    return reachable + this.#memory.size + (this.#late?.items.length ?? 0);
  }

  get bytes(): number {
    return this.#diskBytes() + this.#memory.bytes;
  }

  get oldestOrder(): number {
    const onDisk = this.#waiting > 0 ? this.#lastTakenOrder + 1 : Infinity;
    return Math.min(
      onDisk,
      this.#memory.oldestOrder,
      ...this.#returned,
      this.#late?.items[0]?.order ?? Infinity,
    );
  }

  #diskBytes(): number {
    const onDisk = this.#adopted.reduce((sum, { bytes }) => sum + bytes, this.#ownSegments.bytes);
    return onDisk + this.#pendingBytes;
  }

  push(item: Queued): undefined {
    if (this.#disk.isStalled) {
      this.#noteOrder(item);
      this.#keepInMemory(item);
      return;
    }
    const line = writeRecord(item);
    if (this.#diskBytes() + line.length > this.#maxBytes) {
      this.#host.lost(item);
      return;
    }
    this.#noteOrder(item);
    writeAtExit(this);
    this.#pending.push({ item, line });
    this.#waiting += 1;
    this.#pendingBytes += line.length;
    if (this.#isWriteDue) return;
    this.#isWriteDue = true;
    runSoon(() => void this.#write());
  }

  #noteOrder({ order }: Queued): void {
    if (order <= this.#lastPushedOrder) this.#returned.add(order);
    this.#lastPushedOrder = Math.max(this.#lastPushedOrder, order);
  }

  shift(): Queued | undefined {
    const item = this.#memory.shift();
    if (item !== undefined) this.#returned.delete(item.order);
    return item;
  }

  async take(maxItems: number, maxBytes: number): Promise<Queued[]> {
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined) return this.#handOver(late);
    if (!this.#disk.isStalled) await this.#write();
    const inMemory = this.#memory.take(maxItems, maxBytes);
    for (const item of inMemory) this.#returned.delete(item.order);
    if (inMemory.length > 0 || this.#disk.isStalled) return inMemory;
    const batch = await this.#disk.run(
      async () =>
        (await this.#takeAdopted(maxItems, maxBytes)) ??
        (await this.#takeOwnRecords(maxItems, maxBytes)),
      (found) => {
        this.#late = found;
        if (found !== undefined) this.#host.ready();
      },
    );
    return batch === undefined ? this.#memory.take(maxItems, maxBytes) : this.#handOver(batch);
  }

  settled(): void {
    const source = this.#takenFrom;
    this.#takenFrom = undefined;
    if (source === undefined) return;
    // A snapshot that came back has to be on disk at its new place first.
    if (this.#pending.length > 0) void this.#write();
    void this.#run(() => source.acknowledge());
  }

  /** Writes everything to disk and deletes the directory if it is empty. The next push creates it again. */
  async secure(): Promise<void> {
    await this.#write();
    await this.#run(async () => {
      await this.#file.close();
      if (this.#waiting > 0 || this.#takenFrom === this.#ownSegments || this.#late !== undefined)
        return;
      await this.#ownSegments.removeAll().catch(this.#warnOfReading);
    });
    if (this.#pending.length === 0) spools.delete(this);
  }

  async close(): Promise<void> {
    await this.secure();
    this.#heartbeat.close();
    await this.#run(() => this.#owner.abandon());
  }

  async #takeAdopted(maxItems: number, maxBytes: number): Promise<Batch | undefined> {
    for (let source = this.#adopted[0]; source !== undefined; source = this.#adopted[0]) {
      const found = await source.read(maxItems, maxBytes, true).catch(this.#warnOfReading);
      if (found === undefined) {
        // The files stay for a later process. This process continues without them.
        this.#adopted.shift();
        continue;
      }
      const { records, torn } = found;
      for (let index = 0; index < torn; index += 1) {
        // Each torn line was a snapshot. It counts as recovered and as lost.
        this.#host.recovered();
        this.#host.lost(UNREADABLE);
      }
      if (records.length > 0) {
        for (let index = 0; index < records.length; index += 1) this.#host.recovered();
        return batchOf(source, records, () => 0);
      }
      // The next segment may have complete lines.
      if (torn > 0) continue;
      this.#adopted.shift();
      await source.removeAll().catch(this.#warnOfReading);
    }
    return undefined;
  }

  async #takeOwnRecords(maxItems: number, maxBytes: number): Promise<Batch | undefined> {
    while (this.#waiting > this.#pending.length) {
      const { records, torn } = await this.#ownSegments.read(maxItems, maxBytes, false);
      const onDisk = this.#waiting - this.#pending.length;
      if (records.length === 0 && torn === 0) {
        // All files are read, but records are missing. Somebody damaged or removed files.
        this.#lose(onDisk);
        await this.#file.close();
        await this.#ownSegments.removeAll();
        break;
      }
      this.#lose(Math.min(torn, onDisk - records.length));
      this.#waiting -= records.length;
      if (records.length > 0) return batchOf(this.#ownSegments, records, ({ order }) => order);
    }
    return undefined;
  }

  #handOver({ source, items }: Batch): Queued[] {
    this.#takenFrom = source;
    for (const { order } of items) {
      this.#returned.delete(order);
      this.#lastTakenOrder = Math.max(this.#lastTakenOrder, order);
    }
    return items;
  }

  /** Counts records of this process that can no longer be read. */
  #lose(count: number): void {
    this.#waiting -= count;
    if (this.#waiting === 0) this.#returned.clear();
    for (let index = 0; index < count; index += 1) this.#host.lost(UNREADABLE);
  }

  async #write(): Promise<void> {
    await this.#run(async () => {
      this.#isWriteDue = false;
      const writing = this.#pending;
      if (writing.length === 0) return;
      this.#writing = writing;
      this.#pending = [];
      let kept = 0;
      try {
        kept = await this.#file.append(
          linesOf(writing),
          // The disk stopped answering, and the lines moved to memory.
          () => this.#writing === writing,
          (error) => this.#warn(error),
        );
      } catch (error) {
        this.#warn(error);
      }
      if (this.#writing !== writing) return;
      writing.forEach((pending, index) => {
        if (index < kept) this.#pendingBytes -= pending.line.length;
        else this.#moveToMemory(pending);
      });
      this.#writing = [];
    });
  }

  /** The disk does not answer. Everything that is not on it waits in memory. */
  #leaveDisk(): void {
    this.#warn({ code: 'no answer' });
    const left = [...this.#writing, ...this.#pending];
    this.#writing = [];
    this.#pending = [];
    for (const pending of left) this.#moveToMemory(pending);
    this.#host.ready();
  }

  #moveToMemory({ item, line }: Pending): void {
    this.#pendingBytes -= line.length;
    this.#waiting -= 1;
    this.#keepInMemory(item);
  }

  /** Keeps a snapshot in memory that could not be written. Beyond the limit the oldest one is lost. */
  #keepInMemory(item: Queued): void {
    this.#host.notDurable();
    // Snapshots of earlier processes have no order, so a key of their own.
    this.#nextKey -= 1;
    const { order, executionId, body, reportedDrops, failures } = item;
    this.#memory.push({ key: this.#nextKey, order, executionId, body, reportedDrops, failures });
    const { maxQueued, maxQueuedBytes } = this.#host;
    while (this.#memory.size > maxQueued || this.#memory.bytes > maxQueuedBytes) {
      const oldest = this.shift();
      if (oldest === undefined) break;
      this.#host.lost(oldest);
    }
  }

  #warn(error: unknown): void {
    const code = isObject(error) && 'code' in error ? String(error.code) : 'unknown';
    warnOnce(
      `the spool in ${this.#root} cannot be written (${code}): snapshots wait in memory and do not outlive this process`,
    );
  }

  /** Writes all lines that are not on disk yet, synchronously, because the process is exiting. */
  writeNow(): void {
    const left = [...this.#writing, ...this.#pending];
    if (left.length === 0) return;
    try {
      this.#file.appendNow(linesOf(this.#writing), linesOf(this.#pending));
      return;
    } catch {
      // The lines go to memory for a last attempt over the network.
    }
    this.#writing = [];
    this.#pending = [];
    for (const pending of left) this.#moveToMemory(pending);
  }

  async #beat(): Promise<void> {
    if (this.#disk.isStalled) return;
    await this.#run(async () => {
      if (this.#ownSegments.bytes > 0) await this.#owner.beat(this.#ownSegments.dir);
      for (const source of this.#adopted) await this.#owner.beat(source.dir);
    });
    await this.#run(() => this.#adopt());
  }

  async #adopt(): Promise<void> {
    const nowMs = realWallMs();
    const offsetMs = nowMs - realMonotonicMs();
    const jumpMs = offsetMs - (this.#clockOffsetMs ?? offsetMs);
    this.#clockOffsetMs = offsetMs;
    // The wall clock jumped or the machine slept, so the heartbeats of other processes look too
    // old.
    if (Math.abs(jumpMs) > HEARTBEAT_MS) return;
    try {
      await mkdir(this.#root, { recursive: true });
      for (const dir of await this.#owner.adopt(nowMs)) {
        const segments = new Segments(dir);
        await segments.open();
        this.#adopted.push(segments);
      }
      if (this.#adopted.length > 0) this.#host.ready();
    } catch {
      this.#warnOfReading();
    }
  }

  readonly #warnOfReading = (): void => {
    warnOnce(`the spool in ${this.#root} cannot be read`);
  };

  async #run(work: () => Promise<void>): Promise<void> {
    await this.#disk.run(work).catch(() => {
      warnOnce(`the spool in ${this.#root} failed`);
    });
  }
}

function linesOf(list: readonly Pending[]): Uint8Array[] {
  return list.map(({ line }) => line);
}

function batchOf(
  source: Segments,
  records: readonly SpoolRecord[],
  orderOf: (record: SpoolRecord) => number,
): Batch {
  const items = records.map((record) => {
    const order = orderOf(record);
    const { executionId, json, reportedDrops } = record;
    const body = Buffer.from(json);
    return { key: -order, order, executionId, body, reportedDrops, isOnDisk: true, failures: 0 };
  });
  return { source, items };
}

const spools = new Set<SpoolQueue>();
let isListening = false;

function writeAtExit(queue: SpoolQueue): void {
  spools.add(queue);
  if (isListening) return;
  isListening = true;
  process.on('exit', () => {
    for (const each of spools) each.writeNow();
  });
}
