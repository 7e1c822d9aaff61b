import { unrefTimer } from '#platform';

import type { Accounts } from './accounts.js';
import type { RejectedItem, SendResult } from './answer.js';
import { holdExit, releaseExit } from './exit.js';
import { type DropReason, MAX_TIMER_MS, type Settings } from './options.js';
import { bytesOf, type Finished, MemoryQueue } from './memory-queue.js';
import type { Queued, SnapshotQueue } from './queue.js';
import { clearTimer, setTimer } from './real-time.js';
import { type FrozenBatch, freezeBatch, sendBatch, sendNow } from './transport.js';
import { encoder } from './utf8.js';
import { warnOnce } from './warning.js';

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** The longest pause that the server may request. */
const MAX_RETRY_AFTER_MS = 300_000;
/** The number of server errors on one snapshot alone after which it is dropped. */
const MAX_FAILURES = 3;

/** These statuses are temporary: too slow, too early, too often. */
const PASSING = new Set([408, 425, 429]);

/** A call of `flush`. It waits until all snapshots up to its order are delivered or dropped. */
interface Waiter {
  readonly lastOrder: number;
  readonly resolve: (isSettled: boolean) => void;
}

/**
 * Delivers snapshots in the background and counts each of them. It sends one request at a time and waits
 * longer after each failure. The pause is the circuit breaker, and the first request after it is the probe.
 */
export class Delivery {
  readonly #settings: Settings;
  readonly #accounts: Accounts;
  readonly #queue: SnapshotQueue;
  /**
   * Snapshots that left the queue but are not settled. The first `#batch.size` are in flight or wait for a
   * retry.
   */
  #taken: Queued[] = [];
  #takenBytes = 0;
  #batch: { readonly size: number; readonly frozen: FrozenBatch } | undefined;
  #batchLimit: number;
  /** The executions of the snapshots that a proxy refused although each was alone in its request. */
  readonly #stuck = new Set<string>();
  #isSending = false;
  /** A queue on disk is reading a batch, which is neither in the queue nor in `#taken`. */
  #isTaking = false;
  #isClosed = false;
  /** Whether the time of `shutdown` is over. Then nothing more is sent. */
  #isOver = false;
  /** The process is ending, so a failure is not retried. */
  #isExiting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerDueMs = Infinity;
  #notBeforeMs = 0;
  /** The end of a pause that the server requested. Even an urgent flush waits for it. */
  #askedNotBeforeMs = 0;
  #failuresInRow = 0;
  #nextOrder = 0;
  readonly #waiters = new Set<Waiter>();

  /** @param makeQueue receives a callback, which the queue calls when it has something to send. */
  constructor(
    settings: Settings,
    accounts: Accounts,
    makeQueue: (ready: () => void) => SnapshotQueue,
  ) {
    this.#settings = settings;
    this.#queue = makeQueue(() => this.#schedule(0));
    this.#accounts = accounts;
    this.#batchLimit = settings.delivery.maxBatch;
  }

  /** Adds a snapshot and returns at once. */
  enqueue(snapshot: Finished): void {
    if (this.#isClosed) {
      this.#drop('shutdown', snapshot);
      return;
    }
    const { maxQueued, maxQueuedBytes, delayMs } = this.#settings.delivery;
    const earlier = this.#push(snapshot, this.#nextOrder + 1);
    this.#nextOrder += 1;
    if (earlier !== undefined) this.#drop('superseded', earlier);
    while (
      !this.#queue.isDurable &&
      (this.#queue.size + this.#taken.length > maxQueued ||
        this.#queue.bytes + this.#takenBytes > maxQueuedBytes)
    ) {
      const oldest = this.#shiftStuck() ?? this.#queue.shift();
      if (oldest === undefined) break;
      this.#drop('queue_full', oldest);
    }
    holdExit(this);
    this.#schedule(this.#isFull() ? 0 : delayMs);
  }

  #push(snapshot: Finished, order: number): Queued | undefined {
    if (this.#queue instanceof MemoryQueue) return this.#queue.add(snapshot, order);
    const { key, executionId, json, reportedDrops } = snapshot;
    const body = encoder.encode(json);
    return this.#queue.push({ key, order, executionId, body, reportedDrops, failures: 0 });
  }

  /**
   * Resolves to true when every snapshot that was enqueued before the call is delivered or dropped,
   * and to false when the time is over. It keeps the process alive meanwhile. It cuts a pause after
   * a failure short, unless the server requested the pause or the urgency is `patient`.
   */
  async flush(
    timeoutMs: number,
    urgency: 'patient' | 'urgent' | 'last' = 'urgent',
  ): Promise<boolean> {
    const lastOrder = this.#nextOrder;
    if (this.#isSettled(lastOrder)) return true;
    if (urgency === 'urgent') this.#notBeforeMs = this.#askedNotBeforeMs;
    if (urgency === 'last') this.#notBeforeMs = 0;
    if (this.#settings.clock.monotonicMs() < this.#notBeforeMs) this.#schedule(0);
    else void this.#send();
    return new Promise((resolve) => {
      const finish = (isSettled: boolean): void => {
        clearTimer(deadline);
        this.#waiters.delete(waiter);
        resolve(isSettled);
      };
      const deadline = setTimer(() => finish(false), Math.min(timeoutMs, MAX_TIMER_MS));
      const waiter = { lastOrder, resolve: finish };
      this.#waiters.add(waiter);
      this.#wakeWaiters();
    });
  }

  /** Accepts no more snapshots, flushes, and drops the rest when the time is over. */
  async shutdown(timeoutMs: number): Promise<boolean> {
    this.#isClosed = true;
    const isSettled = await this.flush(timeoutMs, 'last');
    this.#isOver = true;
    this.#clearTimer();
    // A snapshot that cannot be written to disk now is lost as well.
    await this.#queue.close();
    this.#giveUp('shutdown');
    return isSettled;
  }

  /** Called when the process has nothing left to do. Makes one attempt, then drops and counts the rest. */
  async lastAttempt(timeoutMs: number): Promise<void> {
    this.#isExiting = true;
    await this.flush(timeoutMs, 'last');
    await this.#queue.secure();
    this.#giveUp('exit');
    this.#isExiting = false;
  }

  /**
   * The process ends because of an error. Makes one attempt while the thread waits, then drops and
   * counts the rest.
   */
  lastAttemptNow(timeoutMs: number): void {
    const { clock, delivery } = this.#settings;
    const endMs = clock.monotonicMs() + timeoutMs;
    const left = new MemoryQueue();
    for (const item of this.#takeVolatile()) left.push(item);
    while (left.size > 0) {
      const items = left.take(delivery.maxBatch, delivery.maxBatchBytes);
      const leftMs = endMs - clock.monotonicMs();
      const result = leftMs > 0 ? sendNow(items, this.#settings, leftMs) : undefined;
      if (result?.kind !== 'delivered') {
        for (const item of [...items, ...left.take(Infinity, Infinity)]) this.#drop('exit', item);
      } else {
        for (const item of this.#book(items, result.rejected)) this.#drop('exit', item);
      }
    }
  }

  /** Removes every snapshot that only memory holds. */
  #takeVolatile(): Queued[] {
    const items = this.#taken.filter(({ isOnDisk }) => isOnDisk !== true);
    this.#taken = this.#taken.filter(({ isOnDisk }) => isOnDisk === true);
    for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
      items.push(item);
    }
    if (items.length > 0) this.#batch = undefined;
    this.#takenBytes = sumBytes(this.#taken);
    return items;
  }

  /** Sends batches until the queue is empty or the server is not available. */
  async #send(): Promise<void> {
    if (this.#isSending || this.#isOver) return;
    this.#isSending = true;
    this.#clearTimer();
    try {
      while (await this.#takeSome()) {
        const isUp = await this.#sendOne();
        if (!isUp || !this.#isDue() || this.#isOver) break;
      }
    } catch {
      warnOnce('delivery failed unexpectedly; the SDK will try again');
      this.#pause(undefined);
    } finally {
      this.#isSending = false;
    }
    if (this.#hasWork()) this.#schedule(this.#isDue() ? 0 : this.#settings.delivery.delayMs);
  }

  /**
   * Whether to send now. Otherwise snapshots wait for more, because a request costs more than a
   * snapshot.
   */
  #isDue(): boolean {
    return (
      this.#taken.length > 0 || this.#waiters.size > 0 || this.#queue.isDurable || this.#isFull()
    );
  }

  #isFull(): boolean {
    return (
      this.#queue.size >= this.#batchLimit ||
      this.#queue.bytes >= this.#settings.delivery.maxBatchBytes
    );
  }

  async #takeSome(): Promise<boolean> {
    if (this.#taken.length > 0) return true;
    const batch = this.#queue.take(this.#batchLimit, this.#settings.delivery.maxBatchBytes);
    if (Array.isArray(batch)) this.#taken = batch;
    else {
      this.#isTaking = true;
      try {
        this.#taken = await batch;
      } finally {
        this.#isTaking = false;
      }
      if (this.#taken.length === 0) this.#wakeWaiters();
    }
    this.#takenBytes = sumBytes(this.#taken);
    return this.#taken.length > 0;
  }

  async #sendOne(): Promise<boolean> {
    const items = this.#taken.slice(0, this.#batch?.size ?? this.#nextSize());
    const frozen = this.#batch?.frozen ?? (await freezeBatch(items, this.#settings));
    this.#batch = { size: items.length, frozen };
    const result = await sendBatch(frozen, items, this.#settings);
    // A shutdown ran out of time and dropped these snapshots, so this answer comes too late.
    if (this.#taken[0] !== items[0]) return false;
    return this.#settle(items, result);
  }

  /** A stuck snapshot goes alone, so that it holds up no other. */
  #nextSize(): number {
    if (this.#stuck.size === 0) return this.#batchLimit;
    const place = this.#taken.findIndex((item) => this.#stuck.has(item.executionId));
    if (place < 0) return this.#batchLimit;
    return Math.min(this.#batchLimit, Math.max(place, 1));
  }

  /** Counts the result of one request. Returns whether to send the next batch at once. */
  #settle(items: readonly Queued[], result: SendResult): boolean {
    switch (result.kind) {
      case 'delivered':
        return this.#settleDelivered(items, result.rejected);
      case 'refused':
        return this.#settleRefused(items, result.status);
      case 'foreign':
        this.#accounts.unconfirmed += 1;
        if (mayConcernContent(result.status)) this.#isolate(items);
        break;
      case 'unavailable':
        break;
    }
    this.#accounts.retries += 1;
    const { origin } = this.#settings.url;
    warnOnce(`cannot deliver to ${origin} (${result.message}); will keep trying`);
    this.#pause(result.retryAfterMs);
    return false;
  }

  /**
   * A filter or a limit in a proxy may refuse one snapshot only. Halving the batch isolates that
   * snapshot, and the others overtake it. It waits until the proxy accepts it or the queue is full.
   */
  #isolate(items: readonly Queued[]): void {
    this.#batch = undefined;
    this.#batchLimit = Math.ceil(items.length / 2);
    const [item] = items;
    if (items.length > 1 || item === undefined) return;
    this.#stuck.add(item.executionId);
    this.#taken = [...this.#taken.slice(1), item];
    if (!this.#taken.every((each) => this.#stuck.has(each.executionId))) return;
    if (this.#queue.isDurable) {
      // They go to the end of the queue on disk, where they are equally safe. So later snapshots can be read.
      for (const each of this.#taken) this.#queue.push(each);
      this.#release(this.#taken.length, []);
      return;
    }
    const { maxBatch, maxBatchBytes } = this.#settings.delivery;
    const others = this.#queue.take(maxBatch, maxBatchBytes);
    if (Array.isArray(others)) this.#taken = [...others, ...this.#taken];
    this.#takenBytes = sumBytes(this.#taken);
  }

  #settleDelivered(items: readonly Queued[], rejected: readonly RejectedItem[]): boolean {
    const again = this.#book(items, rejected);
    this.#release(items.length, again);
    if (again.length > 0) {
      this.#accounts.retries += 1;
      this.#pause(undefined);
      return false;
    }
    this.#failuresInRow = 0;
    this.#batchLimit = Math.min(this.#batchLimit * 2, this.#settings.delivery.maxBatch);
    return true;
  }

  /** Counts the result of a receipt. Returns the snapshots to send again. */
  #book(items: readonly Queued[], rejected: readonly RejectedItem[]): Queued[] {
    const byIndex = new Map(rejected.map((item) => [item.index, item]));
    return items.filter((item, index) => {
      const refusal = byIndex.get(index);
      if (refusal === undefined) this.#delivered(item);
      else if (refusal.isRetryable && this.#mayFailAgain(item)) return true;
      else this.#drop(reasonOf(refusal), item);
      return false;
    });
  }

  #settleRefused(items: readonly Queued[], status: number): boolean {
    const isServersFault = status >= 500;
    const isKeysFault = status === 401 || status === 403;
    if (items.length > 1 && !isKeysFault) {
      // One bad snapshot may fail the whole batch. Smaller batches isolate it.
      this.#batchLimit = Math.ceil(items.length / 2);
      this.#batch = undefined;
      this.#accounts.retries += 1;
      if (isServersFault) this.#pause(undefined);
      return !isServersFault;
    }
    if (isServersFault && items.every((item) => this.#mayFailAgain(item))) {
      this.#accounts.retries += 1;
      this.#pause(undefined);
      return false;
    }
    warnOnce(`${this.#settings.url.href} answered ${String(status)}: the SDK drops these records`);
    for (const item of items) this.#drop(reasonOfStatus(status), item);
    this.#release(items.length, []);
    // The next batch has the same key, so wait before it.
    if (isKeysFault || isServersFault) this.#pause(undefined);
    return !isKeysFault && !isServersFault;
  }

  /** Removes the oldest stuck snapshot that is not in flight. */
  #shiftStuck(): Queued | undefined {
    if (this.#stuck.size === 0) return undefined;
    const inFlight = this.#batch?.size ?? (this.#isSending ? this.#batchLimit : 0);
    const place = this.#taken.findIndex(
      (item, index) => index >= inFlight && this.#stuck.has(item.executionId),
    );
    if (place < 0) return undefined;
    const [item] = this.#taken.splice(place, 1);
    this.#takenBytes -= item === undefined ? 0 : bytesOf(item);
    return item;
  }

  #mayFailAgain(item: Queued): boolean {
    item.failures += 1;
    return item.failures < MAX_FAILURES;
  }

  /** Settles the first `count` taken snapshots, except those to send again. */
  #release(count: number, again: readonly Queued[]): void {
    this.#taken = [...again, ...this.#taken.slice(count)];
    this.#takenBytes = sumBytes(this.#taken);
    this.#batch = undefined;
    if (this.#taken.length === 0) this.#queue.settled();
    if (!this.#hasWork()) releaseExit(this);
    this.#wakeWaiters();
  }

  /**
   * Waits twice as long as after the last failure, plus a random part so that clients do not retry
   * together.
   */
  #pause(retryAfterMs: number | undefined): void {
    if (this.#isExiting) this.#giveUp('exit');
    this.#failuresInRow += 1;
    const ceilingMs = Math.min(FIRST_BACKOFF_MS * 2 ** (this.#failuresInRow - 1), MAX_BACKOFF_MS);
    const backoffMs = ceilingMs * (0.5 + Math.random() / 2);
    const waitMs = Math.max(backoffMs, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
    const nowMs = this.#settings.clock.monotonicMs();
    this.#notBeforeMs = nowMs + waitMs;
    this.#askedNotBeforeMs = retryAfterMs === undefined ? 0 : this.#notBeforeMs;
  }

  #schedule(delayMs: number): void {
    if (this.#isSending || this.#isOver) return;
    const nowMs = this.#settings.clock.monotonicMs();
    const dueMs = Math.max(nowMs + delayMs, this.#notBeforeMs);
    if (this.#timer !== undefined && this.#timerDueMs <= dueMs) return;
    this.#clearTimer();
    this.#timerDueMs = dueMs;
    this.#timer = setTimer(() => void this.#send(), dueMs - nowMs);
    unrefTimer(this.#timer);
  }

  #clearTimer(): void {
    clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
  }

  /** Drops and counts all snapshots that are not on disk. */
  #giveUp(reason: DropReason): void {
    for (const item of this.#takeVolatile()) this.#drop(reason, item);
    releaseExit(this);
    this.#wakeWaiters();
    for (const waiter of this.#waiters) waiter.resolve(false);
  }

  #delivered(item: Queued): void {
    if (this.#stuck.size > 0) this.#stuck.delete(item.executionId);
    this.#accounts.delivered();
  }

  #drop(reason: DropReason, item: Pick<Queued, 'executionId' | 'reportedDrops'>): void {
    if (this.#stuck.size > 0) this.#stuck.delete(item.executionId);
    this.#accounts.dropped(reason, item, item.reportedDrops);
  }

  #hasWork(): boolean {
    return this.#taken.length > 0 || this.#queue.size > 0;
  }

  #isSettled(lastOrder: number): boolean {
    return (
      !this.#isTaking &&
      this.#taken.every((item) => item.order > lastOrder) &&
      this.#queue.oldestOrder > lastOrder
    );
  }

  #wakeWaiters(): void {
    for (const waiter of this.#waiters) {
      if (this.#isSettled(waiter.lastOrder)) waiter.resolve(true);
    }
  }
}

function sumBytes(items: readonly Queued[]): number {
  return items.reduce((sum, item) => sum + bytesOf(item), 0);
}

function mayConcernContent(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING.has(status);
}

function reasonOf(refusal: RejectedItem): DropReason {
  if (refusal.isRetryable) return 'server_error';
  return refusal.isTooLarge ? 'too_large' : 'rejected';
}

function reasonOfStatus(status: number): DropReason {
  if (status === 413) return 'too_large';
  if (status === 401 || status === 403) return 'unauthorized';
  return status >= 500 ? 'server_error' : 'rejected';
}
