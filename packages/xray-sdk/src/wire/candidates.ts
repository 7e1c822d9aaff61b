import type { Reason } from './decision.js';
import type { Json } from './snapshot.js';
import type { Rule } from './step.js';

/**
 * The result for one candidate.
 *
 * @example
 * ```ts
 * const outcome: Outcome = 'rejected';
 * ```
 */
export type Outcome = 'selected' | 'kept' | 'rejected' | 'deferred' | 'error';

/**
 * The results for all candidates of a step: exact counts, sampled detail, a ledger of every candidate.
 *
 * @example
 * ```ts
 * const set: CandidateSet = { in: 1, out: 1, byOutcome: { kept: 1 }, items: [{ id: 'B01', outcome: 'kept' }] };
 * ```
 */
export interface CandidateSet {
  type?: string | undefined;
  person?: boolean | undefined;
  in: number;
  out: number;
  byOutcome: Partial<Record<Outcome, number>>;
  byReason?: Record<string, number> | undefined;
  cutoff?: number | undefined;
  items: Candidate[];
  strata?: Stratum[] | undefined;
  ledger?: Ledger | undefined;
}

/**
 * One candidate in detail.
 *
 * @example
 * ```ts
 * const candidate: Candidate = { id: 'B02', outcome: 'rejected', reasons: [{ code: 'PRICE_HIGH' }] };
 * ```
 */
export interface Candidate {
  id: string;
  outcome: Outcome;
  score?: number | undefined;
  scores?: Record<string, number> | undefined;
  rank?: number | undefined;
  previousRank?: number | undefined;
  reasons?: Reason[] | undefined;
  rules?: Pick<Rule, 'id' | 'result' | 'actual'>[] | undefined;
  data?: Json | undefined;
  stratum?: string | undefined;
}

/**
 * A stratum of the sample: `population / kept` is the weight of each item in it.
 *
 * @example
 * ```ts
 * const stratum: Stratum = { name: 'rejected:PRICE_HIGH', population: 900, kept: 5 };
 * ```
 */
export interface Stratum {
  name: string;
  population: number;
  kept: number;
}

/**
 * All candidates in compact form: one letter for each id (s k r d e) and an index into the reasons
 * (-1: no reason).
 *
 * @example
 * ```ts
 * const ledger: Ledger = { ids: ['B01', 'B02'], outcomes: 'kr', reasons: ['PRICE_HIGH'], reasonIx: [-1, 0] };
 * ```
 */
export interface Ledger {
  ids: string[];
  outcomes: string;
  reasons: string[];
  reasonIx: number[];
  scores?: (number | null)[] | undefined;
}
