'use client';

import type { Funnel, PipelineOverview } from '@xray/core';
import { printQueryValue } from '@xray/core/query';
import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import type { ReactNode } from 'react';
import { AppGate } from '@/components/app-gate';
import { Boundary } from '@/components/boundary';
import { OutcomeMix } from '@/components/charts/outcome-mix';
import { EmptyState, ErrorState } from '@/components/states';
import { chosenRange, questionRange } from '@/components/time-range/question-range';
import { RangeMenu } from '@/components/time-range/range-menu';
import { ALL_TIME, type TimeRange } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { formatCount, formatShare } from '@/lib/format';
import { cohortsHref, executionsHref, pipelinesHref } from '@/lib/links';
import { funnelQuery, overviewQuery } from './pipeline-queries';
import { totalsOf } from './overview-series';
import { ChartsSkeleton, FunnelSkeleton, RowsSkeleton } from './pipeline-skeleton';
import { pipelineParams } from './search-params';

const PipelineCharts = dynamic(async () => (await import('./pipeline-charts')).PipelineCharts, {
  loading: ChartsSkeleton,
});
const FunnelView = dynamic(async () => (await import('./funnel-view')).FunnelView, {
  loading: FunnelSkeleton,
});

/** Shows one pipeline over time, and its steps as they ran. */
export function PipelinePage() {
  const [{ p }] = useQueryStates(pipelineParams);
  return (
    <AppGate loading={<RowsSkeleton />}>
      {(app) =>
        p === null ? (
          <EmptyState heading="h1" title="No pipeline selected">
            <Link href={pipelinesHref(app)} className="text-accent underline">
              Go to the pipelines of {app}
            </Link>
          </EmptyState>
        ) : (
          <Pipeline key={`${app} ${p}`} app={app} pipeline={p} />
        )
      }
    </AppGate>
  );
}

function Pipeline({ app, pipeline }: { app: string; pipeline: string }) {
  const [{ from, to, step }, setParams] = useQueryStates(pipelineParams, { history: 'push' });
  const range = { from, to };
  const overview = useQuery(overviewQuery(app, pipeline, range));
  const funnel = useQuery(funnelQuery(app, pipeline, range));
  const isEmpty = overview.data?.executions.every((count) => count === 0) === true;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <h1 className="min-w-0 font-semibold wrap-anywhere">{pipeline}</h1>
        <div className="ml-auto flex flex-wrap gap-2 print:hidden">
          <Button asChild>
            <Link href={executionsHref(app, { pipeline })} prefetch={false}>
              Executions
            </Link>
          </Button>
          <Button asChild>
            <Link href={cohortsHref(app, `pipeline:${printQueryValue(pipeline)}`)} prefetch={false}>
              Compare this week with last week
            </Link>
          </Button>
          <RangeMenu
            value={questionRange(range)}
            onChange={(value) => void setParams(chosenRange(value))}
          />
        </div>
      </div>
      {isEmpty ? (
        <NothingRan range={range} onAllTime={() => void setParams({ from: ALL_TIME, to: null })} />
      ) : (
        <div className="flex flex-col gap-8 p-4">
          {overview.data !== undefined ? (
            <Boundary
              title="The charts cannot be shown"
              of={overview.dataUpdatedAt}
              onRetry={() => overview.refetch()}
            >
              <Totals overview={overview.data} />
              <PipelineCharts overview={overview.data} />
            </Boundary>
          ) : overview.isError ? (
            <ErrorState
              error={overview.error}
              title="The charts could not be loaded"
              onRetry={() => void overview.refetch()}
            />
          ) : (
            <ChartsSkeleton />
          )}
          {funnel.data !== undefined ? (
            <Boundary
              title="The steps cannot be shown"
              of={funnel.dataUpdatedAt}
              onRetry={() => funnel.refetch()}
            >
              <Steps
                app={app}
                funnel={funnel.data}
                reasons={overview.data?.reasons ?? []}
                step={step}
                onStep={(name) => void setParams({ step: name }, { history: 'replace' })}
              />
            </Boundary>
          ) : funnel.isError ? (
            <ErrorState
              error={funnel.error}
              title="The steps could not be loaded"
              onRetry={() => void funnel.refetch()}
            />
          ) : (
            <FunnelSkeleton />
          )}
        </div>
      )}
    </div>
  );
}

function Steps({
  funnel,
  ...props
}: {
  app: string;
  funnel: Funnel;
  reasons: PipelineOverview['reasons'];
  step: string | null;
  onStep: (step: string) => void;
}) {
  if (funnel.steps.length === 0) {
    return <EmptyState title="No steps">These executions recorded no steps.</EmptyState>;
  }
  return <FunnelView funnel={funnel} {...props} />;
}

function NothingRan({ range, onAllTime }: { range: TimeRange; onAllTime: () => void }): ReactNode {
  return (
    <EmptyState title="No executions in this time range">
      {range.from === ALL_TIME ? (
        'Check the name. Only an exact pipeline name matches.'
      ) : (
        <Button onClick={onAllTime}>Show all time</Button>
      )}
    </EmptyState>
  );
}

function Totals({ overview }: { overview: PipelineOverview }) {
  const { executions, failed, failureRate, outcomes } = totalsOf(overview);
  return (
    <div className="flex flex-wrap items-center gap-x-8 gap-y-2">
      <p>
        <strong className="text-lg font-semibold">{formatCount(executions)}</strong>{' '}
        <span className="text-ink-muted">executions</span>
      </p>
      <p>
        <strong className="text-lg font-semibold">{formatShare(failureRate)}</strong>{' '}
        <span className="text-ink-muted">failed ({formatCount(failed)})</span>
      </p>
      <OutcomeMix outcomes={outcomes} className="min-w-48 flex-1" />
    </div>
  );
}
