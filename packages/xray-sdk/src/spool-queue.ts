import { fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';

import { MemoryQueue, type Queued, type QueueHost, type SnapshotQueue } from './queue.js';
import { realMonotonicMs, realWallMs } from './real-time.js';
import { HEARTBEAT_MS, SpoolOwner } from './spool-owner.js';
import { type SpoolRecord, writeRecord } from './spool-record.js';
import { Segments } from './spool-segments.js';
import { warnOnce } from './warning.js';

/** Real timers, because fake timers in a host's tests may never fire. */
const [runSoon, runEvery] = [setImmediate, setInterval];
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** A damaged line does not reveal its execution. */
const UNREADABLE = { executionId: '', reportedDrops: 0 };

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
  readonly #own: Segments;
  readonly #adopted: Segments[] = [];
  readonly #opened: Promise<void>;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  /** The disk work so far. Each piece waits for the one before it. */
  #work: Promise<void> = Promise.resolve();
  #pending: Pending[] = [];
  #pendingBytes = 0;
  /** Snapshots that could not be written. The queue gives them first, because nothing else keeps them. */
  readonly #memory = new MemoryQueue();
  /** The lines of the write in progress. They may or may not be on disk. */
  #writing: readonly Pending[] = [];
  #isWriteDue = false;
  #file: FileHandle | undefined;
  #fileBytes = 0;
  #nextSegment = 0;
  /** The number of this process's records that were pushed but not taken. */
  #waiting = 0;
  #lastTakenOrder = 0;
  /** The difference between the wall clock and the monotonic clock, which never jumps. */
  #clockOffsetMs: number | undefined;
  #takenFrom: Segments | undefined;

  constructor(dir: string, maxBytes: number, host: QueueHost) {
    this.#root = dir;
    this.#maxBytes = maxBytes;
    this.#host = host;
    this.#owner = new SpoolOwner(dir, host.instanceId);
    this.#own = new Segments(this.#owner.dir);
    this.#owner.enter();
    this.#opened = this.#adopt();
    this.#heartbeat = runEvery(() => void this.#beat(), HEARTBEAT_MS).unref();
  }

  get size(): number {
    return this.#waiting + this.#adopted.length + this.#memory.size;
  }

  get bytes(): number {
    return this.#diskBytes() + this.#memory.bytes;
  }

  get oldestOrder(): number {
    const onDisk = this.#waiting > 0 ? this.#lastTakenOrder + 1 : Infinity;
    return Math.min(onDisk, this.#memory.oldestOrder);
  }

  #diskBytes(): number {
    const onDisk = this.#adopted.reduce((sum, { bytes }) => sum + bytes, this.#own.bytes);
    return onDisk + this.#pendingBytes;
  }

  push(item: Queued): undefined {
    const line = writeRecord(item);
    if (this.#diskBytes() + line.length > this.#maxBytes) {
      this.#host.lost(item);
      return;
    }
    writeAtExit(this);
    this.#pending.push({ item, line });
    this.#waiting += 1;
    this.#pendingBytes += line.length;
    if (this.#isWriteDue) return;
    this.#isWriteDue = true;
    runSoon(() => void this.#write());
  }

  shift(): Queued | undefined {
    return this.#memory.shift();
  }

  async take(maxItems: number, maxBytes: number): Promise<Queued[]> {
    await this.#opened;
    await this.#write();
    // Writing and acknowledging must not happen in the middle of reading.
    const taking = this.#work.then(async () => {
      const inMemory = this.#memory.take(maxItems, maxBytes);
      if (inMemory.length > 0) return inMemory;
      const adopted = await this.#takeAdopted(maxItems, maxBytes);
      return adopted.length > 0 ? adopted : this.#takeOwn(maxItems, maxBytes);
    });
    this.#work = taking.then(settleQuietly, settleQuietly);
    return taking;
  }

  settled(): void {
    const source = this.#takenFrom;
    this.#takenFrom = undefined;
    if (source !== undefined) void this.#queueWork(() => source.acknowledge());
  }

  /** Writes everything to disk and deletes an empty directory. The next push makes it again. */
  async secure(): Promise<void> {
    await this.#write();
    await this.#queueWork(async () => {
      await this.#file?.close();
      this.#file = undefined;
      if (this.#waiting > 0 || this.#takenFrom === this.#own) return;
      await this.#own.removeAll().catch(this.#warnOfReading);
    });
    if (this.#pending.length === 0) spools.delete(this);
  }

  async close(): Promise<void> {
    await this.secure();
    this.#heartbeat.close();
    await this.#owner.abandon();
  }

  async #takeAdopted(maxItems: number, maxBytes: number): Promise<Queued[]> {
    for (let source = this.#adopted[0]; source !== undefined; source = this.#adopted[0]) {
      const found = await source.read(maxItems, maxBytes, true).catch(this.#warnOfReading);
      if (found === undefined) {
        // The files stay for the next process. This process goes on without them.
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
        return this.#taken(source, records, () => 0);
      }
      // The next segment may hold whole lines.
      if (torn > 0) continue;
      this.#adopted.shift();
      await source.removeAll().catch(this.#warnOfReading);
    }
    return [];
  }

  async #takeOwn(maxItems: number, maxBytes: number): Promise<Queued[]> {
    while (this.#waiting > this.#pending.length) {
      const { records, torn } = await this.#own.read(maxItems, maxBytes, false);
      const onDisk = this.#waiting - this.#pending.length;
      if (records.length === 0 && torn === 0) {
        // All files are read, but records are missing. Somebody damaged or removed files.
        this.#lose(onDisk);
        await this.#file?.close();
        this.#file = undefined;
        await this.#own.removeAll();
        break;
      }
      this.#lose(Math.min(torn, onDisk - records.length));
      this.#waiting -= records.length;
      if (records.length > 0) return this.#taken(this.#own, records, ({ order }) => order);
    }
    return [];
  }

  #taken(
    source: Segments,
    records: readonly SpoolRecord[],
    orderOf: (record: SpoolRecord) => number,
  ): Queued[] {
    this.#takenFrom = source;
    return records.map((record) => {
      const order = orderOf(record);
      if (order > 0) this.#lastTakenOrder = order;
      const { executionId, json, reportedDrops } = record;
      const body = Buffer.from(json);
      const isOnDisk = true;
      return { key: -order, order, executionId, body, reportedDrops, isOnDisk, failures: 0 };
    });
  }

  /** Counts records of this process that can no longer be read. */
  #lose(count: number): void {
    this.#waiting -= count;
    for (let index = 0; index < count; index += 1) this.#host.lost(UNREADABLE);
  }

  async #write(): Promise<void> {
    await this.#queueWork(async () => {
      this.#isWriteDue = false;
      if (this.#pending.length === 0) return;
      this.#writing = this.#pending;
      this.#pending = [];
      let kept = 0;
      try {
        await this.#openFile();
        kept = await this.#append(this.#writing);
      } catch (error) {
        this.#warn(error);
      }
      this.#writing.forEach(({ item, line }, index) => {
        this.#pendingBytes -= line.length;
        if (index < kept) return;
        this.#keepInMemory(item);
      });
      this.#writing = [];
    });
  }

  /** Keeps an unwritable snapshot in memory. Beyond the bound the oldest is lost. */
  #keepInMemory(item: Queued): void {
    this.#waiting -= 1;
    this.#host.notDurable();
    this.#memory.push({ ...item, key: -item.order });
    const { maxQueued, maxQueuedBytes } = this.#host;
    while (this.#memory.size > maxQueued || this.#memory.bytes > maxQueuedBytes) {
      const oldest = this.#memory.shift();
      if (oldest === undefined) break;
      this.#host.lost(oldest);
    }
  }

  async #openFile(): Promise<void> {
    if (this.#file !== undefined && this.#fileBytes <= SEGMENT_BYTES) return;
    await this.#file?.close();
    this.#file = undefined;
    this.#file = await this.#own.add(this.#nextSegment);
    this.#nextSegment += 1;
    this.#fileBytes = 0;
    // Without a heartbeat the age of the directory counts.
    await this.#owner.beat(this.#own.dir).catch(() => {});
  }

  /** Appends the lines, or as many as fit on the disk. Returns their number. */
  async #append(pending: readonly Pending[]): Promise<number> {
    const file = this.#file;
    if (file === undefined) return 0;
    const bytes = Buffer.concat(pending.map(({ line }) => line));
    let written = 0;
    try {
      // A full disk writes a part without an error. Only the next write fails.
      while (written < bytes.length) {
        written += (await file.write(bytes, written)).bytesWritten;
      }
    } catch (error) {
      this.#warn(error);
    }
    let [kept, keptBytes] = [0, 0];
    for (const { line } of pending) {
      if (keptBytes + line.length > written) break;
      keptBytes += line.length;
      kept += 1;
    }
    if (keptBytes < written) await this.#cutTo(file, this.#fileBytes + keptBytes);
    this.#fileBytes += keptBytes;
    this.#own.written(keptBytes);
    return kept;
  }

  /** Cuts off a partly written line. If that fails, the queue begins a new file. */
  async #cutTo(file: FileHandle, bytes: number): Promise<void> {
    try {
      await file.truncate(bytes);
    } catch {
      this.#file = undefined;
      await file.close().catch(() => {});
    }
  }

  #warn(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    warnOnce(
      `the spool in ${this.#root} cannot be written (${code}): snapshots wait in memory and do not outlive this process`,
    );
  }

  /** Writes all lines that are not on disk yet, synchronously, because the process is exiting. */
  writeNow(): void {
    const left = [...this.#writing, ...this.#pending];
    if (left.length === 0) return;
    let isWritten = false;
    try {
      const fd = this.#file?.fd ?? this.#openNow();
      const isAhead = fstatSync(fd).size > this.#fileBytes;
      const bytes = Buffer.concat((isAhead ? this.#pending : left).map(({ line }) => line));
      isWritten = writeSync(fd, bytes) === bytes.length;
    } catch {
      // The lines go to memory for a last attempt over the network.
    }
    if (isWritten) return;
    this.#writing = [];
    this.#pending = [];
    for (const { item } of left) this.#keepInMemory(item);
  }

  #openNow(): number {
    mkdirSync(this.#own.dir, { recursive: true });
    return openSync(this.#own.path(this.#nextSegment), 'a');
  }

  async #beat(): Promise<void> {
    await this.#queueWork(async () => {
      if (this.#own.bytes > 0) await this.#owner.beat(this.#own.dir);
      for (const source of this.#adopted) await this.#owner.beat(source.dir);
    });
    await this.#adopt();
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

  #queueWork(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch(() => {
      warnOnce(`the spool in ${this.#root} failed`);
    });
    return this.#work;
  }
}

/** The caller handles the failure. The next piece of work only waits for the end. */
function settleQuietly(): void {}

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
