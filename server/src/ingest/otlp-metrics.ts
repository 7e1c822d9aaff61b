import { Counter, Gauge, type Registry } from 'prom-client';
import type { Waiting } from '../store/waiting-trace.js';

/**
 * What became of spans, log records and traces. `taken`, `duplicate`, `rejected`, `closed`, `full` and `ignored` count
 * spans and log records; `stored`, `joined`, `let_go`, `known`, `failed` and `outside` count traces;
 * `opa_stored` and `opa_rejected` count decisions of OPA.
 */
export type OtlpResult =
  | 'taken'
  | 'duplicate'
  | 'rejected'
  | 'closed'
  | 'full'
  | 'ignored'
  | 'stored'
  | 'joined'
  | 'let_go'
  | 'known'
  | 'failed'
  | 'outside'
  | 'opa_stored'
  | 'opa_rejected';

/** The metrics of OTLP. */
export class OtlpMetrics {
  readonly #spans: Counter;
  readonly #refused: Counter;

  constructor(registry: Registry, measure: () => Promise<Waiting[]>) {
    const registers = [registry];
    this.#spans = new Counter({
      name: 'xray_otlp_spans_total',
      help: 'Spans and log records by result; stored, joined, let_go, known, failed and outside count traces; opa_ counts decisions of OPA.',
      labelNames: ['result'],
      registers,
    });
    this.#refused = new Counter({
      name: 'xray_otlp_requests_refused_total',
      help: 'OTLP requests that were refused as a whole, by status.',
      labelNames: ['status'],
      registers,
    });
    const waiting: Gauge = new Gauge({
      name: 'xray_otlp_waiting_bytes',
      help: 'Bytes of spans that wait for the rest of their trace or for late spans.',
      registers,
      async collect() {
        const apps = await measure().catch(() => []);
        waiting.set(apps.reduce((sum, { bytes }) => sum + bytes, 0));
      },
    });
  }

  count(result: OtlpResult, count: number): void {
    if (count > 0) this.#spans.inc({ result }, count);
  }

  refused(status: number): void {
    this.#refused.inc({ status });
  }
}
