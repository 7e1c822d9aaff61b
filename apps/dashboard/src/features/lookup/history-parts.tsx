import type { DecidingRule, NotSearched, OutcomeStrip as Strip } from '@xray/core';
import { useEffect, useEffectEvent, type ReactNode } from 'react';
import { OutcomeStrip } from '@/components/charts/outcome-strip';
import { RuleBar } from '@/components/rules/rule-bar';
import { relationText, withNamedUnit } from '@/components/rules/rule-reading';
import { Term } from '@/components/term';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { VerdictMark } from '@/components/verdict-mark';
import { useNames } from '@/lib/dictionary';
import { formatCount, plural } from '@/lib/format';
import { distinctVerdicts, type Verdict } from '@/lib/verdict';

const REASONS_SHOWN = 5;
/** Pages of large records are short, so more pages are loaded until there are this many rows. */
const FIRST_ROWS = 20;

export interface Counted {
  value: string;
  count: number;
}

/** Outcomes, the most frequent decisive rules, and both over time. */
export function HistoryHead({
  verdictOf: byName,
  outcomes,
  reasons,
  strip,
}: {
  /** The display of an outcome that is shown alone. */
  verdictOf: (outcome: string) => Verdict;
  outcomes: readonly Counted[];
  reasons: readonly Counted[];
  strip: Strip;
}) {
  // A cause is a rule that decided, or a reason.
  const names = useNames();
  const verdictOf = distinctVerdicts(
    [...outcomes, ...strip.series].map(({ value }) => value),
    byName,
  );
  return (
    <div className="grid gap-x-8 gap-y-2 px-4 py-3 md:grid-cols-[minmax(0,1fr)_minmax(12rem,24rem)]">
      <div className="flex min-w-0 flex-col gap-1">
        <ul aria-label="Outcomes" className="flex flex-wrap gap-x-4 gap-y-1">
          {outcomes.map(({ value, count }) => (
            <li key={value} className="flex max-w-full min-w-0 items-center gap-1.5">
              <VerdictMark verdict={verdictOf(value)} />
              <span className="min-w-0 wrap-anywhere">
                <Term kind="outcomes" code={value} />
              </span>{' '}
              <strong className="font-semibold">{formatCount(count)}</strong>
            </li>
          ))}
        </ul>
        {reasons.length === 0 ? null : (
          <p className="text-sm wrap-anywhere">
            <span className="text-ink-muted">most often because of</span>{' '}
            {reasons.slice(0, REASONS_SHOWN).map(({ value, count }, index) => (
              <span key={value}>
                {index === 0 ? '' : ', '}
                <Term
                  kind={names('rules', value) === value ? 'reasons' : 'rules'}
                  code={value}
                />{' '}
                <span className="text-ink-muted">{formatCount(count)}</span>
              </span>
            ))}
            {reasons.length > REASONS_SHOWN ? (
              <span className="text-ink-muted">
                {' '}
                and {plural(reasons.length - REASONS_SHOWN, 'more reason')}
              </span>
            ) : null}
          </p>
        )}
      </div>
      <OutcomeStrip strip={strip} verdictOf={verdictOf} />
    </div>
  );
}

/** `by price_max: 74.9 > 60`, with a bar of the two values. */
export function RuleText({ rule }: { rule: DecidingRule }) {
  const relation = relationText(withNamedUnit(rule, useNames()));
  return (
    <span className="inline-flex max-w-full min-w-0 flex-wrap items-center gap-x-2">
      <span className="wrap-anywhere">
        <span className="font-medium">
          <Term kind="rules" code={rule.rule} />
        </span>
        {relation === '' ? null : <span className="text-mono">: {relation}</span>}
      </span>
      <RuleBar rule={{ ...rule, result: 'fail' }} className="w-16" />
    </span>
  );
}

/** Says that the answer may lack executions that are not indexed yet. */
export function NotSearchedNote({ notSearched }: { notSearched: NotSearched | null }) {
  if (notSearched === null) return null;
  return (
    <p className="border-y border-line bg-warn-soft px-4 py-1.5 text-sm">
      {plural(notSearched.executions, 'execution', 'executions')} received between{' '}
      <AbsoluteTime iso={notSearched.from} /> and <AbsoluteTime iso={notSearched.to} /> are not
      included yet. They are still being indexed.
    </p>
  );
}

/** The end of a list: loads the next page, or shows the error. */
export function MoreRows({
  shown,
  total,
  noun,
  hasMore,
  isFetching,
  isError,
  onMore,
}: {
  shown: number;
  total: number;
  noun: string;
  hasMore: boolean;
  isFetching: boolean;
  isError: boolean;
  onMore: () => void;
}): ReactNode {
  const isDue = hasMore && !isFetching && !isError && shown < FIRST_ROWS;
  const goOn = useEffectEvent(onMore);
  useEffect(() => {
    if (isDue) goOn();
  }, [isDue]);
  return (
    <div className="flex items-center gap-3 px-4 py-3 text-sm text-ink-muted">
      <span>
        {shown === total ? plural(total, noun) : `${formatCount(shown)} of ${plural(total, noun)}`}
      </span>
      {hasMore ? (
        <Button size="sm" disabled={isFetching} onClick={onMore}>
          {isFetching ? 'Loading…' : isError ? 'Try again' : 'Show more'}
        </Button>
      ) : null}
      {isError ? (
        <span role="alert">More could not be loaded. The rows above are unchanged.</span>
      ) : null}
    </div>
  );
}
