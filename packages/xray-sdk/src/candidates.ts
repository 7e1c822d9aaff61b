import { quietly, scalarText } from './source.js';
import { shortName } from './text.js';
import type { Outcome } from './wire/candidates.js';

/**
 * The options of both filter and rank: how to name candidates and which parts to keep.
 *
 * @example
 * ```ts
 * const named: CandidateOptions<Product> = { id: (product) => product.asin, watch: ['B01'] };
 * ```
 */
export interface CandidateOptions<T> {
  /** The candidate's stable id. The dashboard finds candidates by this id. */
  id: (candidate: T) => string | number;
  /** The type of the candidates: `product`, `applicant`. */
  type?: string | undefined;
  /** The ids name people. Such data can be erased for one person. */
  person?: boolean | undefined;
  /** Data to record with each candidate kept in detail; at most 4 KiB. */
  data?: ((candidate: T) => unknown) | undefined;
  /** The ids of candidates that are always kept in detail. */
  watch?: Iterable<string | number> | undefined;
}

/**
 * One rule of a filter. A candidate stays if `test` returns true.
 *
 * @example
 * ```ts
 * const cheap: FilterRule<Product> = { id: 'price', test: (product) => product.price <= 60, reason: 'PRICE_HIGH' };
 * ```
 */
export interface FilterRule<T> {
  id: string;
  test: (candidate: T) => boolean;
  /** Returns the tested value. Called only for candidates that are kept in detail. */
  actual?: ((candidate: T) => unknown) | undefined;
  threshold?: unknown;
  /** The reason code of a rejection. Default: the rule's id. */
  reason?: string | undefined;
  version?: string | undefined;
  field?: string | undefined;
  op?: string | undefined;
  unit?: string | undefined;
}

/**
 * The options of a filter.
 *
 * @example
 * ```ts
 * const options: FilterOptions<Product> = {
 *   id: (product) => product.asin,
 *   evaluate: 'all',
 *   rules: [{ id: 'price', test: (product) => product.price <= 60, threshold: 60 }],
 * };
 * ```
 */
export interface FilterOptions<T> extends CandidateOptions<T> {
  rules: readonly FilterRule<T>[];
  /**
   * `first` stops at a candidate's first failed rule (default). `all` evaluates every rule for each
   * candidate.
   */
  evaluate?: 'first' | 'all' | undefined;
  /** Returns a score to record with each candidate. */
  score?: ((candidate: T) => number) | undefined;
}

/**
 * The options of a ranking.
 *
 * @example
 * ```ts
 * const options: RankOptions<Product> = { id: (product) => product.asin, score: (product) => product.similarity, top: 10 };
 * ```
 */
export interface RankOptions<T> extends CandidateOptions<T> {
  /** A score that is not a number ranks last. */
  score: (candidate: T) => number;
  /**
   * The number of selected candidates. Default: all, in order. If `top` leaves some out, the cutoff
   * is the last selected score.
   */
  top?: number | undefined;
  /** The order of selection. `desc`: the highest score first (default). */
  order?: 'desc' | 'asc' | undefined;
  /** Returns the parts of a score, which are recorded with it. */
  scores?: ((candidate: T) => Record<string, number>) | undefined;
}

/** A rule's result for one candidate. It is one byte, because there can be millions. */
export const NOT_ASKED = 0;
export const PASSED = 1;
export const FAILED = 2;
export const THREW = 3;

/** A possible result for a candidate. `reason` is the deciding reason of a rejection. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: string | undefined;
}

/**
 * The result for each candidate, by its place in `candidates`. These are plain arrays; nothing is
 * captured yet.
 */
export interface Verdicts<T> {
  readonly candidates: readonly T[];
  /** All possible verdicts. `kindOf` gives each candidate's index in them. */
  readonly kinds: readonly Verdict[];
  readonly kindOf: Uint32Array;
  readonly scores: readonly (number | undefined)[] | undefined;
  /** The score that separates the selected candidates from the others. */
  readonly cutoff: number | undefined;
  readonly isRanked: boolean;
  readonly rules: readonly FilterRule<T>[];
  /** The results of all rules for each candidate, in order: `rules.length` bytes per candidate. */
  readonly results: Uint8Array;
}

/** A filter's verdicts, with the error of a test that ended it early. */
export interface FilterRun<T> {
  readonly kept: T[];
  readonly verdicts: Verdicts<T>;
  readonly thrown: { readonly error: unknown } | undefined;
}

const MAX_REASON_LENGTH = 64;
const KEPT: Verdict = { outcome: 'kept', reason: undefined };

/**
 * Runs the rules. Each test is called at most once for each candidate, in order, as in a plain
 * loop.
 */
export function runFilter<T>(candidates: Iterable<T>, options: FilterOptions<T>): FilterRun<T> {
  const all = [...candidates];
  const { rules } = options;
  const asksAll = options.evaluate === 'all';
  const results = new Uint8Array(all.length * rules.length);
  const kindOf = new Uint32Array(all.length);
  const kept: T[] = [];
  let seen = 0;
  let thrown: FilterRun<T>['thrown'];

  let rulesSeen = 0;
  try {
    for (const candidate of all) {
      const base = seen * rules.length;
      rulesSeen = 0;
      for (let index = 0; index < rules.length; index += 1) {
        const rule = rules[index];
        if (rule === undefined) break;
        const isPassed = rule.test(candidate);
        results[base + rulesSeen] = isPassed ? PASSED : FAILED;
        rulesSeen += 1;
        if (isPassed) continue;
        if (kindOf[seen] === 0) kindOf[seen] = rulesSeen;
        if (!asksAll) break;
      }
      if (kindOf[seen] === 0) kept.push(candidate);
      seen += 1;
    }
  } catch (error) {
    results[seen * rules.length + rulesSeen] = THREW;
    // If an earlier rule rejected the candidate, that rule stays the deciding one.
    if (kindOf[seen] === 0) kindOf[seen] = 1 + rules.length + rulesSeen;
    seen += 1;
    thrown = { error };
  }

  const judged = thrown === undefined ? all : all.slice(0, seen);
  const verdictOf = (outcome: Outcome) => (rule: FilterRule<T>) => ({
    outcome,
    reason: reasonCode(rule),
  });
  const score = quietly(() => options.score);
  return {
    kept,
    thrown,
    verdicts: {
      candidates: judged,
      kinds: [KEPT, ...rules.map(verdictOf('rejected')), ...rules.map(verdictOf('error'))],
      kindOf: kindOf.subarray(0, seen),
      scores:
        typeof score === 'function'
          ? judged.map((candidate) => finiteScore(score, candidate))
          : undefined,
      cutoff: undefined,
      isRanked: false,
      rules,
      results,
    },
  };
}

const SELECTED: Verdict = { outcome: 'selected', reason: undefined };
const BELOW_CUTOFF: Verdict = { outcome: 'rejected', reason: 'BELOW_CUTOFF' };

/**
 * Ranks by score in a stable order. A score that is not a number comes last. Errors of `score` are
 * thrown to the host.
 */
export function runRank<T>(
  candidates: Iterable<T>,
  options: RankOptions<T>,
): { readonly ranked: T[]; readonly verdicts: Verdicts<T> } {
  const sign = options.order === 'asc' ? 1 : -1;
  const scored = [...candidates].map((candidate) => {
    const score = options.score(candidate);
    const isNumber = typeof score === 'number' && !Number.isNaN(score);
    return { candidate, score, isNumber, key: isNumber ? sign * score : 0 };
  });
  scored.sort((a, b) => {
    if (a.isNumber !== b.isNumber) return a.isNumber ? -1 : 1;
    return a.key === b.key ? 0 : a.key - b.key;
  });
  const wanted = options.top ?? undefined;
  const isCut = wanted !== undefined;
  const top = isCut ? Math.max(0, Math.floor(wanted)) || 0 : scored.length;
  const ordered = scored.map(({ candidate }) => candidate);
  const last = top > 0 && top < scored.length ? scored[top - 1]?.score : undefined;
  return {
    ranked: ordered.slice(0, top),
    verdicts: {
      candidates: ordered,
      kinds: [isCut ? SELECTED : KEPT, BELOW_CUTOFF],
      kindOf: new Uint32Array(ordered.length).fill(1, top),
      scores: scored.map(({ score }) => (Number.isFinite(score) ? score : undefined)),
      cutoff: last !== undefined && Number.isFinite(last) ? last : undefined,
      isRanked: true,
      rules: [],
      results: new Uint8Array(0),
    },
  };
}

/** The code of a rejection by this rule. Never throws, whatever an untyped host gives. */
export function reasonCode(rule: Pick<FilterRule<never>, 'id' | 'reason'>): string {
  return shortName(wholeReasonCode(rule), MAX_REASON_LENGTH);
}

/** Whether the code of a rejection by this rule was shortened. */
export function isReasonCut(rule: Pick<FilterRule<never>, 'id' | 'reason'>): boolean {
  return reasonCode(rule) !== wholeReasonCode(rule);
}

function wholeReasonCode(rule: Pick<FilterRule<never>, 'id' | 'reason'>): string {
  const reason: unknown = quietly(() => rule.reason);
  if (typeof reason === 'string' && reason !== '') return reason;
  const id: unknown = quietly(() => rule.id);
  const name = typeof id === 'string' ? id : scalarText(id);
  return name === undefined || name === '' ? 'unnamed' : name;
}

/** The score is only recorded, so its errors must not end the host's filter. */
function finiteScore<T>(score: (candidate: T) => number, candidate: T): number | undefined {
  const value = quietly(() => score(candidate));
  return Number.isFinite(value) ? value : undefined;
}
