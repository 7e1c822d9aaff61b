import { Counter, type Registry } from 'prom-client';
import type { ErasureCount } from '@xray/core';
import { AppLabels } from '../app-labels.js';

/** Why executions were erased: they expired, or somebody asked for it. */
export type ErasureCause = 'retention' | 'request';

/** Counts what this instance erased, batch by batch. */
export class ErasureMetrics {
  readonly #apps = new AppLabels();
  readonly #executions: Counter;
  readonly #steps: Counter;
  readonly #bytes: Counter;

  constructor(registry: Registry) {
    const labelNames = ['app', 'cause'];
    const registers = [registry];
    this.#executions = new Counter({
      name: 'xray_erased_executions_total',
      help: 'Executions that were erased, by cause: retention or request.',
      labelNames,
      registers,
    });
    this.#steps = new Counter({
      name: 'xray_erased_steps_total',
      help: 'Steps of the executions that were erased.',
      labelNames,
      registers,
    });
    this.#bytes = new Counter({
      name: 'xray_erased_body_bytes_total',
      help: 'Bytes of the snapshots that were erased, as they were sent.',
      labelNames,
      registers,
    });
  }

  count(app: string, cause: ErasureCause, erased: ErasureCount): void {
    const labels = { app: this.#apps.labelOf(app), cause };
    this.#executions.inc(labels, erased.executions);
    this.#steps.inc(labels, erased.steps);
    this.#bytes.inc(labels, erased.bytes);
  }
}
