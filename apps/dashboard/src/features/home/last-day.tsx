'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { HistogramBars, seriesVerdicts } from '@/components/histogram/histogram-bars';
import { layOutHistogram } from '@/components/histogram/histogram-layout';
import { VerdictLabel } from '@/components/verdict-mark';
import { getHistogram } from '@/lib/api-client';
import { useElementWidth } from '@/lib/element-width';
import { formatCount, plural } from '@/lib/format';
import { executionsHref, filteredHref } from '@/lib/links';
import { useOutcomes } from '@/lib/outcomes';

const DAY_MS = 86_400_000;
const REFRESH_MS = 60_000;
const BUCKETS = 48;
const HEIGHT_PX = 32;
const OUTCOMES_SHOWN = 3;

/** The last 24 hours of an app: the number of executions over time, and their outcomes. */
export function LastDay({ app }: { app: string }) {
  const [ref, widthPx] = useElementWidth<HTMLDivElement>();
  const day = useQuery({
    queryKey: ['last-day', app],
    queryFn: ({ signal }) =>
      getHistogram(
        app,
        { from: new Date(Date.now() - DAY_MS).toISOString(), by: 'outcome', buckets: BUCKETS },
        signal,
      ),
    refetchInterval: REFRESH_MS,
  });
  const meanings = useOutcomes();
  const series = meanings.sort(null, day.data?.series ?? [], ({ value }) => value);
  const others = day.data?.others ?? null;
  const verdictOf = seriesVerdicts({ series, others, by: 'outcome' }, (outcome) =>
    meanings.verdict(null, outcome),
  );
  return (
    // The height is the same before and after loading, so that nothing below moves.
    <div className="flex min-h-[76px] flex-col gap-1">
      {day.isError ? (
        <p className="text-xs text-ink-muted">The last 24 h could not be counted.</p>
      ) : day.data === undefined ? null : (
        <p className="text-xs text-ink-muted">
          {plural(day.data.total, 'execution')} in the last 24 h ·{' '}
          <Link
            href={filteredHref(app, 'status:failed,timed_out', { from: '-1h', to: null })}
            className="touch-link inline-block hover:text-ink hover:underline"
          >
            failed in the last hour
          </Link>
        </p>
      )}
      <div ref={ref} className="border-b border-line">
        <svg aria-hidden width={widthPx} height={HEIGHT_PX} className="block">
          {day.data === undefined ? null : (
            <HistogramBars
              bars={layOutHistogram({ ...day.data, series }, widthPx, HEIGHT_PX).bars}
              verdictOf={verdictOf}
            />
          )}
        </svg>
      </div>
      <ul
        aria-label="Outcomes of the last 24 h"
        className="flex h-5 flex-wrap gap-x-3 overflow-hidden text-xs max-md:h-10 max-md:flex-nowrap max-md:py-2.5"
      >
        {series.slice(0, OUTCOMES_SHOWN).map(({ value, counts }) => (
          <li key={value} className="flex h-5 max-w-full min-w-20 items-center gap-1 md:min-w-0">
            {value === null ? (
              <VerdictLabel verdict={verdictOf(value)} />
            ) : (
              <Link
                href={executionsHref(app, { outcome: value })}
                className="touch-link hover:underline md:min-w-0"
              >
                <VerdictLabel verdict={verdictOf(value)} />
              </Link>
            )}
            <span className="text-ink-muted">
              {formatCount(counts.reduce((sum, count) => sum + count, 0))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
