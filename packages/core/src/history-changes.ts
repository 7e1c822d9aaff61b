import type { HistoryChange, RuleHistory } from './rule-history.js';

/** A change with the rule or the step that it is about. */
export interface NamedChange extends HistoryChange {
  rule: string | null;
  step: string | null;
}

/** All changes of a history, the latest first. A pair of rules that changed places is one change. */
export function changesOf({ rules, steps }: Pick<RuleHistory, 'rules' | 'steps'>): NamedChange[] {
  const named = [
    ...rules.flatMap(({ id, step, changes }) =>
      changes.map(({ before: _before, after: _after, ...change }) => ({
        ...change,
        rule: id,
        step,
      })),
    ),
    ...steps.flatMap(({ name, changes }) =>
      changes.map((change) => ({ ...change, rule: null, step: name })),
    ),
  ];
  return named.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}
