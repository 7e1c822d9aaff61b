import { hash32 } from './hash.js';

/**
 * The input of a sampling function.
 *
 * @example
 * ```ts
 * const rate = ({ rootId }: SampleCandidate) => (rootId.endsWith('0') ? 1 : 0.1);
 * ```
 */
export interface SampleCandidate {
  readonly executionId: string;
  /** The id of the first execution of a distributed decision; its own id if it is the first. */
  readonly rootId: string;
}

/**
 * Which executions are sent.
 *
 * @example
 * ```ts
 * const sample: SampleOptions = { rate: 0.1, keepFailed: true };
 * ```
 */
export interface SampleOptions {
  /** 0 to 1, or a function of the execution that gives a rate, or true or false. */
  rate: number | ((execution: SampleCandidate) => number | boolean);
  /** Failed executions are sent all the same; default true. */
  keepFailed?: boolean | undefined;
  /** Adverse decisions are sent all the same; default true. */
  keepAdverse?: boolean | undefined;
}

/** Whether this execution is sent. The hash of the root's id decides, so every process decides the same. */
export function isChosen(sample: SampleOptions, execution: SampleCandidate): boolean {
  const rate = typeof sample.rate === 'function' ? askRate(sample.rate, execution) : sample.rate;
  return hash32(execution.rootId) / 2 ** 32 < rate;
}

/** A function that throws or gives no rate must not cost a record. */
function askRate(
  ask: (execution: SampleCandidate) => number | boolean,
  execution: SampleCandidate,
): number {
  try {
    const rate = Number(ask(execution));
    return Number.isNaN(rate) ? 1 : rate;
  } catch {
    return 1;
  }
}
