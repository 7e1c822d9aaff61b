import type { CohortComparison } from '@xray/core';
import { RuleChangeList } from '@/components/rules/rule-change-list';

/** What changed in the rules and steps from one group to the other. */
export function RuleChanges({ comparison }: { comparison: CohortComparison }) {
  const { ruleChanges } = comparison;
  return (
    <section aria-label="What changed in the rules" className="flex flex-col gap-2">
      <h2 className="px-4 font-semibold">What changed in the rules</h2>
      {ruleChanges.length === 0 ? (
        <p className="px-4 text-sm text-ink-muted">
          The rules and steps of both groups are the same, as far as they were recorded.
        </p>
      ) : (
        <RuleChangeList changes={ruleChanges} />
      )}
    </section>
  );
}
