import type { CohortComparison, OutcomeChange, Rate } from '@xray/core';
import Link from 'next/link';
import { TriangleAlertIcon } from 'lucide-react';
import { mixVerdict } from '@/components/charts/outcome-mix';
import { pipelineOfFilter } from '@/components/filter/filter-terms';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { toneClass, toneStyle, VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatCount, formatSharesApart, plural } from '@/lib/format';
import { filteredHref } from '@/lib/links';
import { useOutcomes } from '@/lib/outcomes';
import type { Verdict } from '@/lib/verdict';
import { Explanations } from './explanations';
import { Figures } from './figures';
import { FlowChanges } from './flow-changes';
import { differenceText, placeInterval } from './interval-layout';
import { RuleChanges } from './rule-changes';

const CELL = 'px-4 max-md:px-2 max-md:first:pl-4 py-1.5';

interface CohortResultProps {
  app: string;
  comparison: CohortComparison;
  /** The outcome that the address asks for. */
  asked: string | null;
  onOutcome: (outcome: string | null) => void;
}

/**
 * Outcome rates of both groups with their intervals, then the traits that correlate with the
 * change.
 */
export function CohortResult({ app, comparison, asked, onOutcome }: CohortResultProps) {
  const { a, b, outcomes, explained, warnings } = comparison;
  const pipelines = [pipelineOfFilter(a.q), pipelineOfFilter(b.q)] as const;
  const pipeline = pipelines[0] === pipelines[1] ? pipelines[0] : null;
  const most = outcomes.reduce((top, each) => Math.max(top, each.a.high, each.b.high), 0);
  return (
    <div className="flex flex-col gap-6 py-4">
      <div className="grid gap-2 px-4 text-sm md:grid-cols-2">
        <Group app={app} name="a" cohort={a} />
        <Group app={app} name="b" cohort={b} />
      </div>
      {warnings.length === 0 ? null : (
        <ul className="mx-4 flex flex-col gap-1 rounded-md bg-warn-soft px-3 py-2 text-sm">
          {warnings.map(({ code, message }) => (
            <li key={code} className="flex gap-2">
              <TriangleAlertIcon aria-hidden className="mt-0.5 size-4 shrink-0 text-deferred" />
              <span className="min-w-0 wrap-anywhere">{message}</span>
            </li>
          ))}
        </ul>
      )}
      <RuleChanges comparison={comparison} />
      <section
        aria-label="Outcome rates"
        // The keyboard must reach a scrolling box (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="overflow-x-auto"
      >
        <table className="w-full text-sm md:min-w-[40rem]">
          <caption className="px-4 pb-1 text-left font-semibold">
            Outcomes, with 95 % intervals
          </caption>
          <thead className="text-left text-xs text-ink-muted">
            <tr className="border-b border-line">
              <th scope="col" className={cn(CELL, 'font-normal')}>
                Outcome
              </th>
              <th scope="col" className={cn(CELL, 'font-normal')}>
                a
              </th>
              <th scope="col" className={cn(CELL, 'font-normal')}>
                b
              </th>
              <th scope="col" className={cn(CELL, 'text-right font-normal')}>
                Change (pp)
              </th>
              <th scope="col" className={cn(CELL, 'font-normal max-md:hidden')}>
                Significant
              </th>
            </tr>
          </thead>
          <tbody>
            {outcomes.map((change) => (
              <OutcomeRow
                pipeline={pipeline}
                key={change.outcome}
                change={change}
                most={most}
                isExplained={explained !== null && explained.outcome === change.outcome}
                onExplain={() => onOutcome(change.outcome)}
              />
            ))}
          </tbody>
        </table>
      </section>
      <Explanations app={app} comparison={comparison} />
      {asked === null ? null : (
        <Button className="mx-4 self-start" onClick={() => onOutcome(null)}>
          Explain the most significant change
        </Button>
      )}
      <Figures figures={comparison.figures} />
      <FlowChanges flow={comparison.flow} />
    </div>
  );
}

function Group({
  app,
  name,
  cohort,
}: {
  app: string;
  name: string;
  cohort: CohortComparison['a'];
}) {
  const { q, from, to, executions, sampled } = cohort;
  return (
    <section
      aria-label={`Group ${name}`}
      className="min-w-0 rounded-md border border-line px-3 py-2"
    >
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-2">
        <span className="font-semibold text-ink-faint">{name}</span>
        <code className="text-mono min-w-0 wrap-anywhere">{q === '' ? 'all executions' : q}</code>
        <Link
          href={filteredHref(app, q, { from, to })}
          prefetch={false}
          className="touch-link ml-auto text-accent hover:underline"
        >
          {plural(executions, 'execution')}
        </Link>
      </p>
      <p className="text-ink-muted">
        <AbsoluteTime iso={from} /> – <AbsoluteTime iso={to} />
      </p>
      {sampled > 0 && sampled < executions ? (
        <p className="text-ink-muted">
          Explanations come from a random sample of {formatCount(sampled)}.
        </p>
      ) : null}
    </section>
  );
}

function OutcomeRow({
  pipeline,
  change,
  most,
  isExplained,
  onExplain,
}: {
  /** Null for groups of several pipelines. */
  pipeline: string | null;
  change: OutcomeChange;
  most: number;
  isExplained: boolean;
  onExplain: () => void;
}) {
  const verdict = mixVerdict(useOutcomes(), pipeline, change.outcome);
  const chance = !change.significant ? (
    <span className="text-ink-muted">no, could be chance</span>
  ) : isExplained ? (
    <strong className="font-medium">yes, explained below</strong>
  ) : change.outcome === null ? (
    'yes'
  ) : (
    <button type="button" className="text-accent hover:underline" onClick={onExplain}>
      yes, explain it
    </button>
  );
  const [rateA = '', rateB = ''] = formatSharesApart([change.a.rate, change.b.rate]);
  return (
    <tr className={cn('border-b border-line', isExplained && 'bg-accent-soft')}>
      <th scope="row" className={cn(CELL, 'max-w-48 text-left font-normal')}>
        <VerdictLabel verdict={verdict} />
        <span className="block md:hidden">{chance}</span>
      </th>
      <td className={CELL}>
        <RateCell rate={change.a} text={rateA} most={most} verdict={verdict} />
      </td>
      <td className={CELL}>
        <RateCell rate={change.b} text={rateB} most={most} verdict={verdict} />
      </td>
      <td className={cn(CELL, 'text-right whitespace-nowrap')}>{differenceText(change)}</td>
      <td className={cn(CELL, 'whitespace-nowrap max-md:hidden')}>{chance}</td>
    </tr>
  );
}

/** `71.2%` with its interval drawn to one scale. */
function RateCell({
  rate,
  text,
  most,
  verdict,
}: {
  rate: Rate;
  text: string;
  most: number;
  verdict: Verdict;
}) {
  const place = placeInterval(rate, most);
  const [low, high] = formatSharesApart([rate.low, rate.high]);
  return (
    <span
      className="flex items-center gap-2"
      title={`${formatCount(rate.count)}; between ${low} and ${high}`}
    >
      <span className="min-w-14 shrink-0 text-right">{text}</span>
      <span aria-hidden className="relative h-3 min-w-20 flex-1 max-md:hidden">
        <span className="absolute inset-x-0 top-1/2 h-px bg-line-strong" />
        <span
          className={cn(
            'absolute top-1/2 h-1 -translate-y-1/2 rounded-full bg-current',
            toneClass(verdict),
          )}
          style={{
            left: `${place.low * 100}%`,
            width: `${(place.high - place.low) * 100}%`,
            ...toneStyle(verdict),
          }}
        />
        <span
          className="absolute top-0 h-3 w-0.5 bg-ink"
          style={{ left: `min(${place.rate * 100}%, calc(100% - 2px))` }}
        />
      </span>
    </span>
  );
}
