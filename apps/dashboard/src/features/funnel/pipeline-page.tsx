'use client';

import type { Funnel, PipelineOverview, RuleHistory } from '@xray/core';
import { changesOf } from '@xray/core/history-changes';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { useState, type ReactNode } from 'react';
import { Boundary } from '@/components/boundary';
import { OutcomeMix } from '@/components/charts/outcome-mix';
import type { BucketRange } from '@/components/charts/time-chart';
import { RuleChangeList } from '@/components/rules/rule-change-list';
import { EmptyState, ErrorState } from '@/components/states';
import { AbsoluteTime } from '@/components/time';
import { ALL_TIME } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { formatCount, formatShare, plural } from '@/lib/format';
import { useNames } from '@/lib/dictionary';
import {
  beforeAndAfterHref,
  cohortsHref,
  filteredHref,
  groupsInTimeHref,
  rulesHref,
} from '@/lib/links';
import { appsQuery } from '@/lib/queries';
import { PipelineGate } from './pipeline-gate';
import { PipelineHead, usePipelineQuestion } from './pipeline-head';
import { funnelQuery, overviewQuery, rulesQuery } from './pipeline-queries';
import { totalsOf } from './overview-series';
import { ChartsSkeleton, FunnelSkeleton } from './pipeline-skeleton';
import { wholeFilter, type PipelineQuestion } from './question';
import { pipelineParams } from './search-params';

const CHANGES_SHOWN = 5;

const PipelineCharts = dynamic(async () => (await import('./pipeline-charts')).PipelineCharts, {
  loading: ChartsSkeleton,
});
const OutcomesDialog = dynamic(async () => (await import('./outcomes-dialog')).OutcomesDialog);
const FunnelView = dynamic(async () => (await import('./funnel-view')).FunnelView, {
  loading: FunnelSkeleton,
});

/** Shows one pipeline over time, and its steps as they ran. */
export function PipelinePage() {
  return (
    <PipelineGate>{(app, pipeline) => <Pipeline app={app} pipeline={pipeline} />}</PipelineGate>
  );
}

function Pipeline({ app, pipeline }: { app: string; pipeline: string }) {
  const [{ step }, setParams] = useQueryStates(pipelineParams, { history: 'push' });
  const question = usePipelineQuestion();
  const { range } = question;
  const overview = useQuery(overviewQuery(app, pipeline, question));
  const rules = useQuery(rulesQuery(app, pipeline, question));
  const funnel = useQuery(funnelQuery(app, pipeline, question));
  const isEmpty = overview.data?.executions.every((count) => count === 0) === true;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PipelineHead
        app={app}
        pipeline={pipeline}
        title={useNames()('pipelines', pipeline)}
        question={question}
      >
        <Button asChild>
          <Link href={filteredHref(app, wholeFilter(pipeline, question), range)} prefetch={false}>
            Executions
          </Link>
        </Button>
        <Button asChild>
          <Link
            href={rulesHref(app, pipeline, {
              range,
              q: question.q === '' ? null : question.q,
              env: question.environment,
            })}
            prefetch={false}
          >
            Rules
          </Link>
        </Button>
        <Button asChild>
          <Link href={cohortsHref(app, wholeFilter(pipeline, question))} prefetch={false}>
            Compare this week with last week
          </Link>
        </Button>
      </PipelineHead>
      {isEmpty ? (
        <NothingRan
          question={question}
          onAllTime={() => void setParams({ from: ALL_TIME, to: null })}
          onEverything={() => void setParams({ q: null, env: null })}
        />
      ) : (
        <div className="flex flex-col gap-8 p-4">
          {overview.data !== undefined ? (
            <Boundary
              title="The charts cannot be shown"
              of={overview.dataUpdatedAt}
              onRetry={() => overview.refetch()}
            >
              <Totals app={app} pipeline={pipeline} overview={overview.data} />
              <RuleChanges app={app} pipeline={pipeline} question={question} rules={rules} />
              <Charts
                key={JSON.stringify(question)}
                app={app}
                pipeline={pipeline}
                q={wholeFilter(pipeline, question)}
                overview={overview.data}
                rules={rules.data}
              />
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

/** What changed in the rules of the range, above the charts that mark it. */
function RuleChanges({
  app,
  pipeline,
  question,
  rules,
}: {
  app: string;
  pipeline: string;
  question: PipelineQuestion;
  rules: UseQueryResult<RuleHistory>;
}) {
  if (rules.isError) {
    return (
      <ErrorState
        error={rules.error}
        title="Changes of rules could not be loaded"
        onRetry={() => void rules.refetch()}
      />
    );
  }
  if (rules.data === undefined) return null;
  const { from, to } = rules.data;
  const changes = changesOf(rules.data);
  if (changes.length === 0) return null;
  const shown = changes.slice(0, CHANGES_SHOWN);
  return (
    <section aria-label="What changed in the rules" className="-mx-4 flex flex-col gap-2">
      <h2 className="px-4 text-sm font-medium">What changed in the rules</h2>
      <RuleChangeList
        changes={shown}
        compareHref={({ at }) =>
          beforeAndAfterHref(app, wholeFilter(pipeline, question), { from, to }, at)
        }
      />
      {changes.length > shown.length ? (
        <p className="px-4 text-sm text-ink-muted">
          {plural(changes.length - shown.length, 'more change')} on the page of rules.
        </p>
      ) : null}
    </section>
  );
}

/** The charts, with a time range that people select in them to compare it with the time before. */
function Charts({
  app,
  pipeline,
  q,
  overview,
  rules,
}: {
  app: string;
  pipeline: string;
  q: string;
  overview: PipelineOverview;
  rules: RuleHistory | undefined;
}) {
  const [selected, setSelected] = useState<BucketRange | null>(null);
  const [, setParams] = useQueryStates(pipelineParams, { history: 'push' });
  const changes = rules === undefined ? [] : changesOf(rules);
  const startMs = Date.parse(overview.from);
  const isoAt = (bucket: number): string =>
    new Date(Math.min(startMs + bucket * overview.bucketMs, Date.parse(overview.to))).toISOString();
  const range =
    selected === null ? null : { from: isoAt(selected.first), to: isoAt(selected.last + 1) };
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center gap-2 text-sm print:hidden">
        {range === null ? (
          <p className="text-ink-muted">
            Drag over a chart to select a time, or press Shift with an arrow key.
          </p>
        ) : (
          <>
            <p>
              <AbsoluteTime iso={range.from} /> – <AbsoluteTime iso={range.to} />
            </p>
            <Button asChild variant="primary">
              <Link
                href={groupsInTimeHref(app, q, { from: timeBefore(range), to: range.from }, range)}
                prefetch={false}
              >
                Compare with before
              </Link>
            </Button>
            <Button onClick={() => void setParams(range)}>Zoom in</Button>
            <Button onClick={() => setSelected(null)}>Clear</Button>
          </>
        )}
      </div>
      <PipelineCharts
        pipeline={pipeline}
        overview={overview}
        changes={changes}
        selected={selected}
        onSelect={setSelected}
      />
    </>
  );
}

/** The start of a time before the range that is as long as the range. */
function timeBefore({ from, to }: { from: string; to: string }): string {
  return new Date(2 * Date.parse(from) - Date.parse(to)).toISOString();
}

function NothingRan({
  question: { range, q, environment },
  onAllTime,
  onEverything,
}: {
  question: PipelineQuestion;
  onAllTime: () => void;
  onEverything: () => void;
}): ReactNode {
  const isFiltered = q !== '' || environment !== null;
  return (
    <EmptyState title="No executions in this time range">
      {isFiltered ? (
        <Button onClick={onEverything}>Remove the filter</Button>
      ) : range.from === ALL_TIME ? (
        'Check the name. Only an exact pipeline name matches.'
      ) : (
        <Button onClick={onAllTime}>Show all time</Button>
      )}
    </EmptyState>
  );
}

function Totals({
  app,
  pipeline,
  overview,
}: {
  app: string;
  pipeline: string;
  overview: PipelineOverview;
}) {
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
      <OutcomeMix pipeline={pipeline} outcomes={outcomes} className="min-w-48 flex-1" />
      <MeaningsButton app={app} pipeline={pipeline} seen={outcomes.map(({ outcome }) => outcome)} />
    </div>
  );
}

/** Opens the editor of the outcomes' meanings, for people who may change it. */
function MeaningsButton({
  app,
  pipeline,
  seen,
}: {
  app: string;
  pipeline: string;
  seen: readonly (string | null)[];
}) {
  const [open, setOpen] = useState(false);
  const found = useQuery(appsQuery).data?.items.find(({ id }) => id === app);
  const mayEdit = found?.role === 'editor' || found?.role === 'owner';
  if (!mayEdit || found.archivedAt !== null) return null;
  return (
    <>
      <Button
        size="sm"
        aria-haspopup="dialog"
        className="print:hidden"
        onClick={() => setOpen(true)}
      >
        Outcome meanings
      </Button>
      {open ? (
        <OutcomesDialog app={app} pipeline={pipeline} seen={seen} onClose={() => setOpen(false)} />
      ) : null}
    </>
  );
}
