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
  /** The id of the first execution of a distributed decision. The first execution has its own id here. */
  readonly rootId: string;
}

/**
 * The executions to send.
 *
 * @example
 * ```ts
 * const sample: SampleOptions = { rate: 0.1, keepFailed: true };
 * ```
 */
export interface SampleOptions {
  /** A rate from 0 to 1, or a function that returns a rate, true or false for an execution. */
  rate: number | ((execution: SampleCandidate) => number | boolean);
  /** Whether to send failed executions in any case. Default true. */
  keepFailed?: boolean | undefined;
  /** Whether to send adverse decisions in any case. Default true. */
  keepAdverse?: boolean | undefined;
}

/**
 * Whether to send this execution. The choice hashes the root's id, so all processes of a decision
 * agree.
 */
export function isChosen(sample: SampleOptions, execution: SampleCandidate): boolean {
  const rate = typeof sample.rate === 'function' ? askRate(sample.rate, execution) : sample.rate;
  return hash32(execution.rootId) / 2 ** 32 < rate;
}

/** A function that throws or returns no rate must not lose a record. */
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
