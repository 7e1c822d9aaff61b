'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { AppGate } from '@/components/app-gate';
import { Boundary } from '@/components/boundary';
import { OutcomeMix, outcomeWord } from '@/components/charts/outcome-mix';
import { Onboarding } from '@/components/onboarding';
import { EmptyState, ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { chosenRange, questionRange } from '@/components/time-range/question-range';
import { RangeMenu } from '@/components/time-range/range-menu';
import { ALL_TIME, type TimeRange } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatDuration, formatShare } from '@/lib/format';
import { pipelineHref, replaysHref } from '@/lib/links';
import { useOutcomes } from '@/lib/outcomes';
import { recentExecutionsQuery, WAITING_POLL_MS } from '@/lib/queries';
import { pipelinesWithinQuery } from './pipeline-queries';
import { RowsSkeleton } from './pipeline-skeleton';
import { pipelinesParams } from './search-params';

const HEAD = 'px-3 py-2 max-md:px-2 text-xs font-normal whitespace-nowrap text-ink-muted';
const CELL = 'px-3 py-2 max-md:px-2';

/** Shows volume, outcomes, failures and durations of each pipeline of an app. */
export function PipelinesPage() {
  return <AppGate loading={<RowsSkeleton />}>{(app) => <Pipelines key={app} app={app} />}</AppGate>;
}

function Pipelines({ app }: { app: string }) {
  const [{ from, to }, setParams] = useQueryStates(pipelinesParams, { history: 'push' });
  const range = { from, to };
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 print:hidden">
        <h1 className="font-semibold">Pipelines</h1>
        <div className="ml-auto flex gap-2">
          <Button asChild className="md:hidden">
            <Link href={replaysHref(app)} prefetch={false}>
              Replays
            </Link>
          </Button>
          <RangeMenu
            value={questionRange(range)}
            onChange={(value) => void setParams({ app, ...chosenRange(value) })}
          />
        </div>
      </div>
      <Boundary title="The pipelines cannot be shown" of={JSON.stringify(range)}>
        <PipelineRows
          app={app}
          range={range}
          onAllTime={() => void setParams({ app, from: ALL_TIME, to: null })}
        />
      </Boundary>
    </div>
  );
}

function PipelineRows({
  app,
  range,
  onAllTime,
}: {
  app: string;
  range: TimeRange;
  onAllTime: () => void;
}) {
  const meanings = useOutcomes();
  const names = useNames();
  const pipelines = useQuery(pipelinesWithinQuery(app, range));
  const isEmpty = pipelines.data?.items.length === 0;
  const ever = useQuery({ ...recentExecutionsQuery(app, 1), enabled: isEmpty });
  const isNew = isEmpty && ever.data?.items.length === 0;
  // Waits for the first execution, then reloads the pipelines.
  useQuery({
    ...pipelinesWithinQuery(app, range),
    enabled: isNew,
    refetchInterval: WAITING_POLL_MS,
  });
  if (pipelines.isPending || (isEmpty && ever.isPending)) return <RowsSkeleton />;
  if (pipelines.isError) {
    return (
      <ErrorState
        error={pipelines.error}
        title="The pipelines could not be loaded"
        onRetry={() => void pipelines.refetch()}
      />
    );
  }
  if (isNew) {
    return (
      <Onboarding
        app={app}
        waitingFor="Waiting for the first execution. Its pipeline will appear here automatically."
      />
    );
  }
  if (isEmpty) {
    return (
      <EmptyState title="No executions in this time range">
        <p className="mb-3">Older executions exist.</p>
        <Button onClick={onAllTime}>Show all time</Button>
      </EmptyState>
    );
  }
  return (
    <section
      aria-label="Pipelines"
      // The keyboard must reach a scrolling box (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="overflow-x-auto"
    >
      <table className="w-full text-sm md:min-w-[44rem]">
        <thead>
          <tr className="border-b border-line">
            <th scope="col" className={cn(HEAD, 'pl-4 text-left max-md:pl-4')}>
              Pipeline
            </th>
            <th scope="col" className={cn(HEAD, 'text-right')}>
              Executions
            </th>
            <th scope="col" className={cn(HEAD, 'text-left max-md:hidden')}>
              Outcomes
            </th>
            <th scope="col" className={cn(HEAD, 'text-right')}>
              Failed
            </th>
            <th scope="col" className={cn(HEAD, 'text-right max-md:hidden')}>
              p50
            </th>
            <th scope="col" className={cn(HEAD, 'text-right max-md:pr-4')}>
              p95
            </th>
            <th scope="col" className={cn(HEAD, 'pr-4 text-right max-md:hidden')}>
              Last
            </th>
          </tr>
        </thead>
        <tbody>
          {pipelines.data.items.map((each) => (
            <tr key={each.pipeline} className="relative border-b border-line hover:bg-hover">
              <th
                scope="row"
                className={cn(
                  CELL,
                  'max-w-72 pl-4 text-left font-medium max-md:max-w-40 max-md:pl-4',
                )}
              >
                <Link
                  href={pipelineHref(app, each.pipeline, range)}
                  prefetch={false}
                  title={each.pipeline}
                  className="block truncate after:absolute after:inset-0"
                >
                  {names('pipelines', each.pipeline)}
                </Link>
                <div aria-hidden className="mt-1 md:hidden">
                  <OutcomeMix pipeline={each.pipeline} outcomes={each.outcomes} />
                </div>
              </th>
              <td className={cn(CELL, 'text-right')}>{formatCount(each.executions)}</td>
              <td className={cn(CELL, 'w-1/3 max-w-0 min-w-48 max-md:hidden')}>
                <OutcomeMix pipeline={each.pipeline} outcomes={each.outcomes} />
                <span className="block truncate text-xs text-ink-muted">
                  {meanings
                    .sort(each.pipeline, each.outcomes, ({ outcome }) => outcome)
                    .map(
                      ({ outcome, count }) =>
                        `${outcomeWord(outcome, names)} ${formatCount(count)}`,
                    )
                    .join(' · ')}
                </span>
              </td>
              <td className={cn(CELL, 'text-right whitespace-nowrap')}>
                {each.failed === 0
                  ? '0'
                  : `▲ ${formatCount(each.failed)} (${formatShare(each.failed / each.executions)})`}
              </td>
              <td className={cn(CELL, 'text-right whitespace-nowrap max-md:hidden')}>
                {formatDuration(each.p50Ms)}
              </td>
              <td className={cn(CELL, 'text-right whitespace-nowrap max-md:pr-4')}>
                {formatDuration(each.p95Ms)}
              </td>
              <td
                className={cn(
                  CELL,
                  'pr-4 text-right whitespace-nowrap text-ink-muted max-md:hidden',
                )}
              >
                <RelativeTime iso={each.lastAt} className="relative z-10" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
