import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { AppLabels } from '../app-labels.js';

/** The metrics of ingest. Names follow Prometheus' conventions (base units, `_total`). */
export class IngestMetrics {
  readonly #apps = new AppLabels();
  readonly #snapshots: Counter;
  readonly #rejected: Counter;
  readonly #refused: Counter;
  readonly #batchSize: Histogram;
  readonly #commit: Histogram;

  constructor(
    registry: Registry,
    { pendingBytes, queueDepth }: { pendingBytes: () => number; queueDepth: () => number },
  ) {
    const registers = [registry];
    this.#snapshots = new Counter({
      name: 'xray_ingest_snapshots_total',
      help: 'Snapshots by result: accepted, duplicate, superseded, erased or rejected.',
      labelNames: ['app', 'result'],
      registers,
    });
    this.#rejected = new Counter({
      name: 'xray_ingest_rejected_total',
      help: 'Rejected snapshots by code.',
      labelNames: ['code'],
      registers,
    });
    this.#refused = new Counter({
      name: 'xray_ingest_requests_refused_total',
      help: 'Requests that were refused as a whole, by code.',
      labelNames: ['code'],
      registers,
    });
    this.#batchSize = new Histogram({
      name: 'xray_ingest_batch_size',
      help: 'Snapshots per commit.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200],
      registers,
    });
    this.#commit = new Histogram({
      name: 'xray_ingest_commit_seconds',
      help: 'Time from handing a batch to the store until its commit.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    const pending: Gauge = new Gauge({
      name: 'xray_ingest_pending_bytes',
      help: 'Bytes of the requests that are being read or stored, including their size in memory.',
      registers,
      collect: () => pending.set(pendingBytes()),
    });
    const queue: Gauge = new Gauge({
      name: 'xray_ingest_queue_depth',
      help: 'Snapshots that wait for the next batch.',
      registers,
      collect: () => queue.set(queueDepth()),
    });
  }

  snapshot(app: string, result: 'accepted' | 'duplicate' | 'superseded' | 'erased'): void {
    this.#snapshots.inc({ app: this.#apps.labelOf(app), result });
  }

  rejected(app: string, code: string): void {
    this.#snapshots.inc({ app: this.#apps.labelOf(app), result: 'rejected' });
    this.#rejected.inc({ code });
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  /** Runs a commit and counts its size and its time. */
  async commit<T>(size: number, run: () => Promise<T>): Promise<T> {
    this.#batchSize.observe(size);
    const stop = this.#commit.startTimer();
    try {
      return await run();
    } finally {
      stop();
    }
  }
}
