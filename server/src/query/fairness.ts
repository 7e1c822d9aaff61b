import { setImmediate } from 'node:timers/promises';
import {
  assessFairness,
  FAIRNESS_LIMITS,
  type Fairness,
  type FairnessCount,
  type FairnessQuery,
  type JoinedFairnessQuery,
  type QueryNode,
} from '@xray/core';
import { DomainError } from '../errors.js';
import { ReadTooLong } from '../store/errors.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { Place } from '../store/answers.js';
import { readPlainFilter } from './filter.js';
import { rangeOf } from './range.js';
import { narrowed } from './too-broad.js';

/** Outcomes that one group can have in one stratum before the question is refused. */
const OUTCOMES = 20;
const MAX_ROWS = FAIRNESS_LIMITS.groups * FAIRNESS_LIMITS.strata * OUTCOMES;
/** Decisions that one statement reads, and the time for all of them. */
const PAGE = 20_000;
const JOIN_LIMIT_MS = 10_000;

type Asked = Pick<FairnessQuery, 'q' | 'from' | 'to' | 'outcome' | 'within'>;

/** Rates by the values of an attribute. */
export async function readFairness(
  store: ExecutionStore,
  app: string,
  query: FairnessQuery,
  now: number,
): Promise<Fairness> {
  const { filter, scope } = scopeOf(app, query, now);
  const counts = await narrowed(filter, query, () =>
    store.countByGroup({ ...scope, by: query.by, limit: MAX_ROWS + 1 }),
  );
  return answerOf(scope, counts);
}

/**
 * Rates by the groups of a file. The file stays in this process: no statement has its ids or groups, because a
 * database may log what it is asked.
 */
export async function readJoinedFairness(
  store: ExecutionStore,
  app: string,
  query: JoinedFairnessQuery,
  groups: ReadonlyMap<string, string>,
  now: number,
): Promise<Fairness> {
  const { filter, scope } = scopeOf(app, query, now);
  const keyed = { ...scope, key: query.key, subjectType: query.subjectType };
  const counts = new Map<string, FairnessCount>();
  const end = performance.now() + JOIN_LIMIT_MS;
  let unknown = 0;
  let after: Place | undefined;
  await narrowed(filter, query, async () => {
    for (;;) {
      const { items, next } = await store.listKeyed({ ...keyed, after, limit: PAGE });
      for (const { keys, factors, outcome, favourable } of items) {
        const key = keys.find((each) => groups.has(each));
        const group = key === undefined ? undefined : groups.get(key);
        if (group === undefined) {
          unknown++;
          continue;
        }
        const name = JSON.stringify([group, factors, outcome, favourable]);
        const known = counts.get(name);
        if (known === undefined) {
          counts.set(name, { group, factors, outcome, favourable, count: 1 });
        } else known.count++;
      }
      after = next;
      if (after === undefined) return;
      if (performance.now() > end) throw new ReadTooLong(JOIN_LIMIT_MS, undefined);
      await setImmediate();
    }
  });
  const answer = answerOf(scope, [...counts.values()]);
  if (unknown === 0) return answer;
  const message = `${unknown} decisions are about nobody in the file. They are left out.`;
  return { ...answer, warnings: [...answer.warnings, { code: 'not_in_file', message }] };
}

function scopeOf(app: string, query: Asked, now: number) {
  // `outcome` is what counts as favourable here, and no filter.
  const filter: QueryNode = readPlainFilter({ q: query.q });
  const { outcome = null, within = [] } = query;
  return {
    filter,
    scope: { app, filter, nowMs: now, ...rangeOf(query, filter, now), outcome, within },
  };
}

function answerOf(
  { from, to, outcome, within }: ReturnType<typeof scopeOf>['scope'],
  counts: FairnessCount[],
): Fairness {
  refuseTooMany('by', FAIRNESS_LIMITS.groups, counts, ({ group }) => group);
  refuseTooMany('within', FAIRNESS_LIMITS.strata, counts, ({ factors }) => JSON.stringify(factors));
  const assessed = assessFairness(counts, within);
  return { from: from.toISOString(), to: to.toISOString(), outcome, ...assessed };
}

function refuseTooMany(
  path: string,
  limit: number,
  counts: FairnessCount[],
  valueOf: (count: FairnessCount) => string | null,
): void {
  if (new Set(counts.map(valueOf)).size <= limit) return;
  throw new DomainError(
    'invalid',
    `${path}: this has more than ${limit} different values. Choose a field with fewer, or narrow the filter.`,
    [{ path, code: 'too_many_values', limit }],
  );
}
