import type { AskedRule, SimulatedRun } from './simulated-run.js';

/** Executions after which equal results of rules are taken to lead to equal outcomes. */
const ENOUGH = 30;
/** So many of them must have values as near to the threshold as the change reaches. */
const ENOUGH_NEAR = 10;

/** The executions with one vector of results. */
class Seen {
  count = 0;
  readonly outcomes = new Set<string | null>();
  readonly rules: readonly AskedRule[];
  isAlwaysAdverse = true;
  /** Distances of the values of a changed rule from its threshold, by the rule's key. */
  readonly margins = new Map<string, number[]>();

  constructor(rules: readonly AskedRule[]) {
    this.rules = rules;
  }

  add({ asked, outcome, adverse }: SimulatedRun): void {
    this.count += 1;
    this.outcomes.add(outcome);
    if (!adverse) this.isAlwaysAdverse = false;
    for (const { key, change } of asked) {
      const margin = change?.margin ?? null;
      if (margin === null) continue;
      const known = this.margins.get(key);
      if (known === undefined) this.margins.set(key, [margin]);
      else known.push(margin);
    }
  }

  get failed(): string[] {
    return this.rules.flatMap(({ key, rejects, result }) =>
      rejects && result === 'fail' ? [key] : [],
    );
  }
}

/**
 * What the executions of one program show of it: the outcomes of each vector of results, and the results that end the
 * evaluation. It assumes that equal results have equal outcomes if many were seen, and that more failures are not kinder.
 */
export class LearnedProgram {
  /** Keys of the rejecting rules. */
  readonly rejecting = new Set<string>();
  readonly #seen = new Map<string, Seen>();
  /** Whether a rule was evaluated after this result of a rule, by `resultOf`. */
  readonly #isFollowed = new Map<string, boolean>();
  readonly #besideFailures = new Set<string | null>();
  readonly #failures = new Map<string, number>();
  #withFailures = 0;
  readonly #answers = new Map<string, (string | null)[] | undefined>();

  learn(run: SimulatedRun): void {
    const { asked, outcome } = run;
    const key = vectorOf(asked);
    let seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, (seen = new Seen(asked)));
    seen.add(run);
    let hasFailed = false;
    for (const [place, rule] of asked.entries()) {
      const isFollowed = place < asked.length - 1;
      const result = resultOf(rule.key, rule.result);
      this.#isFollowed.set(result, isFollowed || this.#isFollowed.get(result) === true);
      if (!rule.rejects) continue;
      this.rejecting.add(rule.key);
      if (rule.result !== 'fail') continue;
      hasFailed = true;
      this.#failures.set(rule.key, (this.#failures.get(rule.key) ?? 0) + 1);
    }
    if (!hasFailed) return;
    this.#withFailures += 1;
    this.#besideFailures.add(outcome);
  }

  /** Whether these results led to this outcome only, and often. */
  alwaysLeadsTo(asked: readonly AskedRule[], outcome: string | null): boolean {
    const seen = this.#seen.get(vectorOf(asked));
    return seen !== undefined && seen.count >= ENOUGH && isOnly(seen, outcome);
  }

  /** The possible outcomes after the results of some rules turned. Undefined if the record does not say. */
  outcomesAfter(run: SimulatedRun, turned: readonly AskedRule[]): (string | null)[] | undefined {
    const reaches = turned.map(({ change }) => change?.reach);
    const key = JSON.stringify([
      vectorOf(run.asked),
      turned.map(({ key }) => key),
      reaches,
      run.outcome,
    ]);
    if (!this.#answers.has(key)) this.#answers.set(key, this.#find(run, turned));
    return this.#answers.get(key);
  }

  #find(
    { asked, outcome }: SimulatedRun,
    turned: readonly AskedRule[],
  ): (string | null)[] | undefined {
    const { vectors, failed } = this.#after(asked, turned);
    const count = vectors.reduce((sum, seen) => sum + seen.count, 0);
    const outcomes = [...new Set(vectors.flatMap((seen) => [...seen.outcomes]))];
    const isNear = turned.every((rule) => this.#isSeenNear(vectors, rule));
    if (count >= ENOUGH && isNear) return outcomes;

    const turnsToFail = turned.filter(
      ({ rejects, change }) => rejects && change?.becomes === 'fail',
    );
    const isRejected =
      !this.#besideFailures.has(outcome) &&
      this.#withFailures >= ENOUGH &&
      turnsToFail.some(({ key }) => (this.#failures.get(key) ?? 0) >= ENOUGH_NEAR);
    const others = outcomes.length > 0 ? outcomes : [...this.#besideFailures];
    if (isRejected) return others;
    return failed && this.#ofFewerFailures(failed, turned);
  }

  /**
   * The vectors that may follow, and the failed rules if they are known. A result that ends the evaluation cuts the
   * rules behind it. If the old result ended it, every recorded continuation of the new one may follow.
   */
  #after(
    asked: readonly AskedRule[],
    turned: readonly AskedRule[],
  ): { vectors: Seen[]; failed: string[] | undefined } {
    let rules = [...asked];
    for (const rule of turned) {
      const place = rules.findIndex(({ key }) => key === rule.key);
      const becomes = rule.change?.becomes;
      if (place < 0 || !becomes) continue;
      rules[place] = { ...rule, result: becomes };
      const isEnd = this.#isFollowed.get(resultOf(rule.key, becomes)) === false;
      const isCut = place < rules.length - 1;
      if (isCut && isEnd) rules = rules.slice(0, place + 1);
      if (isCut || isEnd) continue;
      const start = vectorOf(rules);
      const vectors = [...this.#seen].flatMap(([key, seen]) =>
        key === start || key.startsWith(`${start},`) ? [seen] : [],
      );
      // A later rule with another threshold may turn as well.
      if (vectors.some((seen) => seen.rules.slice(place + 1).some(({ change }) => change))) {
        return { vectors: [], failed: undefined };
      }
      return { vectors, failed: undefined };
    }
    const seen = this.#seen.get(vectorOf(rules));
    return { vectors: seen === undefined ? [] : [seen], failed: failuresOf(rules) };
  }

  /** Executions far beyond a threshold say little about the ones that cross it. */
  #isSeenNear(vectors: readonly Seen[], { key, change }: AskedRule): boolean {
    const reach = change?.reach ?? null;
    if (reach === null) return false;
    let near = 0;
    for (const { margins } of vectors) {
      for (const margin of margins.get(key) ?? []) if (margin <= reach) near += 1;
      if (near >= ENOUGH_NEAR) return true;
    }
    return false;
  }

  /** What fewer of the same failures always led to, more failures lead to. */
  #ofFewerFailures(
    failed: readonly string[],
    turned: readonly AskedRule[],
  ): (string | null)[] | undefined {
    const all = new Set(failed);
    const found = new Set<string | null>();
    for (const seen of this.#seen.values()) {
      const fewer = seen.failed;
      const isPart =
        fewer.length > 0 && fewer.length < all.size && fewer.every((key) => all.has(key));
      if (!isPart || seen.count < ENOUGH || seen.outcomes.size > 1 || !seen.isAlwaysAdverse)
        continue;
      const among = turned.filter(({ key }) => fewer.includes(key));
      if (!among.every((rule) => this.#isSeenNear([seen], rule))) continue;
      for (const outcome of seen.outcomes) found.add(outcome);
    }
    return found.size === 1 ? [...found] : undefined;
  }
}

function isOnly({ outcomes }: Seen, outcome: string | null): boolean {
  return outcomes.size === 1 && outcomes.has(outcome);
}

function failuresOf(rules: readonly AskedRule[]): string[] {
  return rules.flatMap(({ key, rejects, result }) => (rejects && result === 'fail' ? [key] : []));
}

function vectorOf(asked: readonly AskedRule[]): string {
  return asked.map(({ key, result }) => resultOf(key, result)).join(',');
}

function resultOf(key: string, result: AskedRule['result']): string {
  return `${key}=${result}`;
}
