import { writeSync } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';

import type { Queued, QueueHost, SnapshotQueue } from './queue.js';
import { HEARTBEAT_MS, SpoolOwner } from './spool-owner.js';
import { type SpoolRecord, writeRecord } from './spool-record.js';
import { Segments } from './spool-segments.js';
import { warnOnce } from './warning.js';

const SEGMENT_BYTES = 8 * 1024 * 1024;

/** A snapshot that is not on disk yet. */
interface Pending {
  readonly item: Queued;
  readonly line: string;
}

/**
 * A queue on disk. Pushing only notes a line; the lines are appended together, off the caller's path, in
 * the order of the calls. Taking reads from the front: first what earlier processes left, then its own.
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
  /** Disk work, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #pending: Pending[] = [];
  #isWriteDue = false;
  #file: FileHandle | undefined;
  #fileBytes = 0;
  #nextSegment = 0;
  /** Own records that were pushed and not taken. */
  #waiting = 0;
  #bytes = 0;
  #lastTakenOrder = 0;
  #takenBytes = 0;
  #takenFrom: Segments | undefined;

  constructor(dir: string, maxBytes: number, host: QueueHost) {
    this.#root = dir;
    this.#maxBytes = maxBytes;
    this.#host = host;
    this.#owner = new SpoolOwner(dir, host.instanceId);
    this.#own = new Segments(this.#owner.dir);
    this.#owner.enter();
    this.#opened = this.#adopt();
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref();
  }

  get size(): number {
    return this.#waiting + this.#adopted.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldestOrder(): number {
    return this.#waiting > 0 ? this.#lastTakenOrder + 1 : Infinity;
  }

  push(item: Queued): undefined {
    const line = writeRecord(item);
    if (this.#bytes + line.length > this.#maxBytes) {
      this.#host.lost(item);
      return;
    }
    writeAtExit(this);
    this.#pending.push({ item, line });
    this.#waiting += 1;
    this.#bytes += line.length;
    if (this.#isWriteDue) return;
    this.#isWriteDue = true;
    setImmediate(() => void this.#write());
  }

  shift(): undefined {}

  async take(maxItems: number, maxBytes: number): Promise<Queued[]> {
    await this.#opened;
    for (let source = this.#adopted[0]; source !== undefined; source = this.#adopted[0]) {
      const { records, torn } = await source.read(maxItems, maxBytes, true);
      for (let index = 0; index < torn; index += 1) this.#countTorn();
      if (records.length > 0) {
        for (let index = 0; index < records.length; index += 1) this.#host.recovered();
        return this.#taken(source, records, () => 0);
      }
      await source.removeAll();
      this.#adopted.shift();
    }
    if (this.#waiting === 0) return [];
    await this.#write();
    const { records } = await this.#own.read(maxItems, maxBytes, false);
    this.#waiting -= records.length;
    return this.#taken(this.#own, records, ({ order }) => order);
  }

  settled(): void {
    const source = this.#takenFrom;
    this.#takenFrom = undefined;
    this.#bytes = Math.max(0, this.#bytes - this.#takenBytes);
    this.#takenBytes = 0;
    if (source !== undefined) void this.#queueWork(() => source.acknowledge());
  }

  /** Everything is on disk; a directory with nothing left in it goes. Pushing again opens it again. */
  async close(): Promise<void> {
    await this.#write();
    await this.#queueWork(async () => {
      await this.#file?.close();
      this.#file = undefined;
      if (this.#waiting === 0 && this.#takenFrom === undefined) await this.#own.removeAll();
    });
    if (this.#pending.length === 0) spools.delete(this);
    clearInterval(this.#heartbeat);
    this.#owner.leave();
  }

  #taken(
    source: Segments,
    records: readonly SpoolRecord[],
    orderOf: (record: SpoolRecord) => number,
  ): Queued[] {
    this.#takenFrom = source;
    return records.map((record) => {
      const order = orderOf(record);
      if (order > 0) {
        this.#lastTakenOrder = order;
        this.#takenBytes += record.json.length;
      }
      const { executionId, json, reportedDrops } = record;
      const body = Buffer.from(json);
      return { key: -order, order, executionId, body, reportedDrops, failures: 0 };
    });
  }

  /** A line that a crash tore was a snapshot once: it comes in and is lost at the same moment. */
  #countTorn(): void {
    this.#host.recovered();
    this.#host.lost({ executionId: '', reportedDrops: 0 });
  }

  async #write(): Promise<void> {
    await this.#queueWork(async () => {
      this.#isWriteDue = false;
      const pending = this.#pending;
      if (pending.length === 0) return;
      this.#pending = [];
      try {
        await this.#append(pending.map(({ line }) => line).join(''));
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
        warnOnce(`the spool in ${this.#root} cannot be written (${code})`);
        for (const { item, line } of pending) this.#forget(item, line);
      }
    });
  }

  async #append(text: string): Promise<void> {
    if (this.#file === undefined || this.#fileBytes > SEGMENT_BYTES) {
      await this.#file?.close();
      this.#file = await this.#own.add(this.#nextSegment);
      this.#nextSegment += 1;
      this.#fileBytes = 0;
      await this.#owner.beat(this.#own.dir);
    }
    const { bytesWritten } = await this.#file.write(text);
    this.#fileBytes += bytesWritten;
  }

  #forget(item: Queued, line: string): void {
    this.#waiting -= 1;
    this.#bytes -= line.length;
    this.#host.lost(item);
  }

  /** At `process.exit()` there is time for one synchronous write of what is not on disk yet. */
  writeNow(): void {
    if (this.#file === undefined || this.#pending.length === 0) return;
    try {
      writeSync(this.#file.fd, this.#pending.map(({ line }) => line).join(''));
    } catch {
      // The process is ending: there is nobody left to tell.
    }
  }

  async #beat(): Promise<void> {
    await this.#queueWork(async () => {
      if (this.#file !== undefined) await this.#owner.beat(this.#own.dir);
      for (const source of this.#adopted) await this.#owner.beat(source.dir);
    });
    await this.#adopt();
  }

  async #adopt(): Promise<void> {
    try {
      await mkdir(this.#root, { recursive: true });
      for (const dir of await this.#owner.adopt(Date.now())) {
        const segments = new Segments(dir);
        await segments.open();
        this.#adopted.push(segments);
      }
      if (this.#adopted.length > 0) this.#host.ready();
    } catch {
      warnOnce(`the spool in ${this.#root} cannot be read`);
    }
  }

  #queueWork(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch(() => {
      warnOnce(`the spool in ${this.#root} failed`);
    });
    return this.#work;
  }
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
