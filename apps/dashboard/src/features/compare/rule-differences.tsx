import type { ComparedStep, RuleDifference } from '@xray/core';
import { operatorText, valueTexts, withNamedUnit } from '@/components/rules/rule-reading';
import { Term } from '@/components/term';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { formatCount, plural } from '@/lib/format';
import { ruleVerdict } from '@/lib/verdict';

const CELL = 'px-4 py-1.5 align-top';

/** The rules of a step that differ, one column a side. */
export function RuleDifferences({ step }: { step: ComparedStep }) {
  const { rules, moreRules, rulesReordered } = step;
  return (
    <>
      {rules.length === 0 ? null : (
        <table className="w-full table-fixed text-sm">
          <caption className="sr-only">Rules that differ</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">Rule in a</th>
              <th scope="col">Rule in b</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule, index) => (
              // Ids of rules may repeat, and their order never changes.
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={index} className="border-t border-line">
                <td className={cn(CELL, 'border-r border-line')}>
                  <Side rule={rule} side="a" />
                </td>
                <td className={CELL}>
                  <Side rule={rule} side="b" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {moreRules > 0 || rulesReordered ? (
        <p className="border-t border-line px-4 py-1.5 text-sm text-ink-muted">
          {moreRules > 0 ? `${plural(moreRules, 'more rule')} not listed.` : ''}
          {rulesReordered ? 'The rules are in a different order.' : ''}
        </p>
      ) : null}
    </>
  );
}

/**
 * Texts of both sides' values. Different values, or a value and its threshold, have different
 * texts.
 */
function textsOf({ a, b }: RuleDifference) {
  const [actualA, thresholdA, actualB, thresholdB] = valueTexts([
    a?.actual,
    a?.threshold,
    b?.actual,
    b?.threshold,
  ]);
  return {
    a: { actual: actualA, threshold: thresholdA },
    b: { actual: actualB, threshold: thresholdB },
  };
}

function Side({ rule, side }: { rule: RuleDifference; side: 'a' | 'b' }) {
  const names = useNames();
  const recorded = rule[side];
  const shown = recorded === null ? null : withNamedUnit(recorded, names);
  if (shown === null)
    return (
      <span className="wrap-anywhere text-ink-faint">
        no rule <Term kind="rules" code={rule.rule} />
      </span>
    );
  const { actual, threshold } = textsOf(rule)[side];
  const mark = (field: string) =>
    rule.kind !== 'changed' || rule.fields.includes(field)
      ? cn('rounded-sm px-1', side === 'a' ? 'bg-removed-soft' : 'bg-added-soft')
      : '';
  const others = rule.fields.filter(
    (field) => !['result', 'actual', 'threshold', 'op', 'unit'].includes(field),
  );
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5">
      <span className="font-medium wrap-anywhere">
        <Term kind="rules" code={rule.rule} />
      </span>
      <VerdictLabel verdict={ruleVerdict(shown.result)} className={mark('result')} />
      {shown.actual === undefined ? null : (
        <code className={cn('text-mono wrap-anywhere', mark('actual'))}>
          {[actual, shown.unit].filter(Boolean).join(' ')}
        </code>
      )}
      {shown.threshold === undefined ? null : (
        <span className="text-mono wrap-anywhere text-ink-muted">
          required{' '}
          <span className={mark('threshold') || mark('op')}>
            {[operatorText(shown.op), threshold, shown.unit].filter(Boolean).join(' ')}
          </span>
        </span>
      )}
      {side === 'b' && rule.kind === 'changed' && others.length > 0 ? (
        <span className="text-xs text-ink-muted">
          also {others.join(', ')}
          {rule.moreFields > 0 ? ` and ${formatCount(rule.moreFields)} more` : ''}
        </span>
      ) : null}
    </span>
  );
}
