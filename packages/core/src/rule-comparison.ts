import { findRuleChanges, type FoundChange, type ObservedRun } from './rule-changes.js';

/** A name that no version of a record has. */
const GROUP = '\0group';

/**
 * What differs between the rules of two groups of runs, each sorted by time. Where one group ends before the other
 * begins, it is what changed since. Otherwise it is a difference between the groups, and `at` is the first run of `b`
 * that shows it.
 */
export function compareRules(a: readonly ObservedRun[], b: readonly ObservedRun[]): FoundChange[] {
  const [first, second] = [a.at(-1), b[0]];
  if (first === undefined || second === undefined) return [];
  if (first.at < second.at) {
    return findRuleChanges([...a, ...b]).filter(({ at }) => at > first.at);
  }
  const [lastB, firstA] = [b.at(-1), a[0]];
  if (lastB !== undefined && firstA !== undefined && lastB.at < firstA.at) {
    return findRuleChanges([...b, ...a]).filter(({ at }) => at > lastB.at);
  }
  const shared = a.some(({ environment }) => b.some((run) => run.environment === environment));
  const grouped = (runs: readonly ObservedRun[], group: string): ObservedRun[] =>
    runs.map((run) => ({
      ...run,
      environment: shared ? run.environment : '',
      versions: { [GROUP]: group },
    }));
  const differences = findRuleChanges([...grouped(a, 'a'), ...grouped(b, 'b')]);
  return differences
    .filter(({ evidence }) => evidence === 'version')
    .map((change) => {
      const start = b.find(
        (run) => change.isAfter(run) && (!shared || run.environment === change.environment),
      );
      const isNew = ([name, version]: [string, string]): boolean =>
        !a.some(({ versions }) => versions[name] === version);
      return {
        ...change,
        at: start?.at ?? change.at,
        environment: start?.environment ?? change.environment,
        versions: Object.fromEntries(Object.entries(start?.versions ?? {}).filter(isNew)),
      };
    });
}
