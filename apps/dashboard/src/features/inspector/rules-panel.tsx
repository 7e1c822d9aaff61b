import type { Rule } from '@xray/core';
import type { ReactNode } from 'react';
import { RuleBar } from '@/components/rules/rule-bar';
import {
  columnsOf,
  decisiveRules,
  type Verdict,
  effectText,
  operatorText,
  ruleTexts,
  withNamedUnit,
  type RuleColumns,
} from '@/components/rules/rule-reading';
import { VerdictMark } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { formatCount } from '@/lib/format';
import { ruleVerdict } from '@/lib/verdict';

const HEAD = 'sticky top-0 bg-panel px-2 py-2 text-left font-normal first:pl-4 last:pr-4';
const CELL = 'px-2 py-1.5 align-middle first:pl-4 last:pr-4';

/** Shows each rule with its value and threshold. The decisive rule is highlighted. */
export function RulesPanel({
  rules,
  verdict,
}: {
  rules: readonly Rule[];
  verdict: Verdict | null | undefined;
}) {
  const decisive = decisiveRules(rules, verdict);
  const columns = columnsOf(rules);
  return (
    <>
      {columns.commonEffect === null ? null : (
        <p className="px-4 pt-2 text-xs text-ink-muted">
          Effect of each rule: <span className="text-ink">{columns.commonEffect}</span>
        </p>
      )}
      <table className="w-full text-sm">
        <thead className="text-xs text-ink-muted">
          <tr>
            <Head>Rule</Head>
            {columns.withActual ? <Head numeric>Actual</Head> : null}
            <Head>Threshold</Head>
            {columns.counted ? (
              <>
                <Head numeric>Passed</Head>
                <Head numeric>Failed</Head>
                <Head numeric>Decisive for</Head>
              </>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {rules.map((rule, index) => (
            <RuleRow
              // Rule ids may repeat, and the snapshot's order never changes.
              // oxlint-disable-next-line react/no-array-index-key
              key={index}
              rule={rule}
              // A roll-up has no result of its own. A column shows its counts.
              decisive={decisive.has(rule) && typeof rule.result === 'string'}
              columns={columns}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

function RuleRow({
  rule,
  decisive,
  columns,
}: {
  rule: Rule;
  decisive: boolean;
  columns: RuleColumns;
}) {
  const names = useNames();
  const verdict = ruleVerdict(rule.result);
  const texts = ruleTexts(withNamedUnit(rule, names));
  const effect = columns.commonEffect === null ? effectText(rule) : '';
  return (
    <tr className={cn('border-t border-line', decisive && 'bg-accent-soft')}>
      <th scope="row" className={cn(CELL, 'w-2/5 max-w-0 min-w-28 text-left font-normal')}>
        <span className="flex min-w-0 items-center gap-2">
          {verdict.word === '' ? null : <VerdictMark verdict={verdict} />}
          <span className="min-w-0">
            <span
              className="line-clamp-2 wrap-anywhere"
              title={[rule.id, rule.version, rule.field].filter(Boolean).join(' · ')}
            >
              {names('rules', rule.id)}
            </span>
            <span className="block text-xs wrap-anywhere text-ink-muted">
              {verdict.word}
              {decisive ? <strong className="font-semibold text-ink"> · decisive</strong> : null}
              {effect === '' ? null : [verdict.word === '' ? '' : ' · ', effect].join('')}
            </span>
          </span>
        </span>
      </th>
      {columns.withActual ? (
        <td
          className={cn(CELL, 'text-mono w-1/4 max-w-0 min-w-20 text-right')}
          title={texts.actual}
        >
          <span className="line-clamp-3 wrap-anywhere">{texts.actual}</span>
        </td>
      ) : null}
      <td className={cn(CELL, 'w-1/4 max-w-0 min-w-24')}>
        <span className="text-mono line-clamp-3 wrap-anywhere" title={texts.threshold}>
          {operatorText(rule.op)} {texts.threshold}
        </span>
        <RuleBar rule={rule} className="mt-0.5 block w-20" />
      </td>
      {columns.counted ? (
        <>
          <Count value={rule.counts?.passed} />
          <Count value={rule.counts?.failed} />
          <Count value={rule.counts?.decisive} />
        </>
      ) : null}
    </tr>
  );
}

function Head({ numeric = false, children }: { numeric?: boolean; children: ReactNode }) {
  return (
    <th scope="col" className={cn(HEAD, numeric && 'text-right')}>
      {children}
    </th>
  );
}

function Count({ value }: { value: number | undefined }) {
  return <td className={cn(CELL, 'text-mono text-right')}>{formatCount(value)}</td>;
}
