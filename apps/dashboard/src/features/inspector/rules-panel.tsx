import type { Rule } from '@xray/core';
import { RuleBar } from '@/components/rules/rule-bar';
import { decisiveRules, operatorText, ruleValueText } from '@/components/rules/rule-reading';
import { VerdictMark } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatCount } from '@/lib/format';
import { ruleVerdict } from '@/lib/verdict';

const HEAD =
  'sticky top-0 bg-panel px-2 py-2 text-left font-normal whitespace-nowrap first:pl-4 last:pr-4';
const CELL = 'px-2 py-1.5 align-middle first:pl-4 last:pr-4';

/** Each rule with what it saw against what it asked for; which one decided stands out. */
export function RulesPanel({
  rules,
  adverse,
}: {
  rules: readonly Rule[];
  adverse: boolean | null | undefined;
}) {
  const decisive = decisiveRules(rules, adverse);
  const counted = rules.some((rule) => rule.counts);
  const withEffect = rules.some((rule) => effectText(rule) !== '');
  return (
    <table className="w-full text-sm">
      <thead className="text-xs text-ink-muted">
        <tr>
          <th scope="col" className={HEAD}>
            Rule
          </th>
          <th scope="col" className={cn(HEAD, 'text-right')}>
            Actual
          </th>
          <th scope="col" className={HEAD}>
            Threshold
          </th>
          {counted ? (
            <th scope="col" className={cn(HEAD, 'text-right')}>
              Passed / failed
            </th>
          ) : null}
          {withEffect ? (
            <th scope="col" className={HEAD}>
              Effect
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {rules.map((rule, index) => (
          // Ids of rules may repeat; the order is the snapshot's and does not change.
          // oxlint-disable-next-line react/no-array-index-key
          <RuleRow
            key={index}
            rule={rule}
            decisive={decisive.has(rule)}
            counted={counted}
            withEffect={withEffect}
          />
        ))}
      </tbody>
    </table>
  );
}

function RuleRow({
  rule,
  decisive,
  counted,
  withEffect,
}: {
  rule: Rule;
  decisive: boolean;
  counted: boolean;
  withEffect: boolean;
}) {
  const verdict = ruleVerdict(rule.result);
  return (
    <tr className={cn('border-t border-line', decisive && 'bg-accent-soft')}>
      <th scope="row" className={cn(CELL, 'w-2/5 max-w-0 min-w-32 text-left font-normal')}>
        <span className="flex min-w-0 items-center gap-2">
          <VerdictMark verdict={verdict} />
          <span className="min-w-0">
            <span
              className="line-clamp-2 wrap-anywhere"
              title={[rule.id, rule.version, rule.field].filter(Boolean).join(' · ')}
            >
              {rule.id}
            </span>
            <span className="block text-xs text-ink-muted">
              {verdict.word}
              {decisive ? <strong className="font-semibold text-ink"> · decisive</strong> : null}
              {decisive && rule.counts ? ` for ${formatCount(rule.counts.decisive)}` : null}
            </span>
          </span>
        </span>
      </th>
      <td
        className={cn(CELL, 'text-mono w-1/4 max-w-0 min-w-20 text-right')}
        title={ruleValueText(rule.actual, rule.unit)}
      >
        <span className="line-clamp-2 wrap-anywhere">{ruleValueText(rule.actual, rule.unit)}</span>
      </td>
      <td className={cn(CELL, 'w-1/4 max-w-0 min-w-28')}>
        <span
          className="text-mono line-clamp-2 wrap-anywhere"
          title={ruleValueText(rule.threshold, rule.unit)}
        >
          {operatorText(rule.op)} {ruleValueText(rule.threshold, rule.unit)}
        </span>
        <RuleBar rule={rule} className="mt-0.5 block w-24" />
      </td>
      {counted ? (
        <td className={cn(CELL, 'text-mono text-right whitespace-nowrap')}>
          {rule.counts
            ? `${formatCount(rule.counts.passed)} / ${formatCount(rule.counts.failed)}`
            : '–'}
        </td>
      ) : null}
      {withEffect ? (
        <td className={cn(CELL, 'whitespace-nowrap text-ink-muted')}>{effectText(rule)}</td>
      ) : null}
    </tr>
  );
}

function effectText({ effect, points }: Rule): string {
  const score = typeof points === 'number' ? `${points > 0 ? '+' : ''}${points}` : '';
  return [effect, score].filter(Boolean).join(' ');
}
