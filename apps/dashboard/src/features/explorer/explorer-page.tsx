'use client';

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCwIcon } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { AppGate } from '@/components/app-gate';
import { Onboarding } from '@/components/onboarding';
import { EmptyState, ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { executionsQuery, pipelinesQuery } from '@/lib/queries';
import { ColumnMenu } from './column-menu';
import { DEFAULT_COLUMNS } from './columns';
import { ExecutionsTable } from './executions-table';
import { ExplorerSkeleton, RowsSkeleton } from './explorer-skeleton';
import { FilterBar } from './filter-bar';
import type { KnownValues } from './filter-suggestions';
import { RangeMenu } from './range-menu';
import { RANGES, explorerParams } from './search-params';

const STATUSES = ['running', 'completed', 'failed', 'canceled', 'timed_out'];

/** The executions of the app that the address names, else of the first one. */
export function ExplorerPage() {
  return (
    <AppGate loading={<ExplorerSkeleton />}>{(app) => <Explorer key={app} app={app} />}</AppGate>
  );
}

function Explorer({ app }: { app: string }) {
  const [params, setParams] = useQueryStates(explorerParams, { history: 'push' });
  const { pipeline, status, outcome, environment, range, from, to } = params;
  const filter = { pipeline, status, outcome, environment };
  const lastMs = range !== null && from === null && to === null ? RANGES[range].ms : null;
  const queryClient = useQueryClient();
  const executions = useInfiniteQuery(executionsQuery(app, { ...filter, from, to, lastMs }));
  const pipelines = useQuery(pipelinesQuery(app));

  const pages = executions.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const columns =
    params.columns === null || params.columns.length === 0 ? DEFAULT_COLUMNS : params.columns;
  const isFiltered =
    Object.values(filter).some((value) => value !== null) ||
    range !== null ||
    from !== null ||
    to !== null;
  const known: KnownValues = {
    pipeline: (pipelines.data?.items ?? []).map((each) => each.pipeline),
    status: STATUSES,
    outcome: distinct(rows.map((row) => row.outcome)),
    environment: distinct(rows.map((row) => row.environment)),
  };
  const clear = () =>
    void setParams({
      pipeline: null,
      status: null,
      outcome: null,
      environment: null,
      range: null,
      from: null,
      to: null,
    });

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <h1 className="sr-only">Executions of {app}</h1>
      <div className="flex flex-wrap items-start gap-2 px-4 py-2 print:hidden">
        <FilterBar filter={filter} known={known} onChange={(change) => void setParams(change)} />
        <div className="ml-auto flex max-w-full items-center gap-2">
          <RangeMenu value={{ range, from, to }} onChange={(value) => void setParams(value)} />
          <ColumnMenu columns={columns} onChange={(value) => void setParams({ columns: value })} />
          <Button
            size="icon"
            aria-label="Read the list anew"
            title="Read the list anew"
            onClick={() => void queryClient.resetQueries({ queryKey: ['executions', app] })}
          >
            <RotateCwIcon aria-hidden className={cn(executions.isFetching && 'animate-spin')} />
          </Button>
        </div>
      </div>
      {executions.isPending ? (
        <RowsSkeleton />
      ) : rows.length > 0 ? (
        <>
          <ExecutionsTable
            app={app}
            rows={rows}
            columns={columns}
            hasMore={executions.hasNextPage}
            onNearEnd={() => {
              if (!executions.isFetching && !executions.isFetchNextPageError)
                void executions.fetchNextPage();
            }}
          />
          {executions.isFetchNextPageError ? (
            <p
              role="alert"
              className="flex items-center justify-between gap-3 border-t border-line px-4 py-2 text-sm"
            >
              Older executions could not be read; those above were kept.
              <Button size="sm" onClick={() => void executions.fetchNextPage()}>
                Try again
              </Button>
            </p>
          ) : null}
        </>
      ) : executions.isError ? (
        <div className="min-h-0 flex-1 overflow-y-auto border-t border-line">
          <ErrorState
            error={executions.error}
            title="The executions could not be read"
            onRetry={() => void executions.refetch()}
          />
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto border-t border-line">
          {isFiltered ? (
            <EmptyState title="No execution matches">
              <p className="mb-3">Nothing of this app fits these filters in this time.</p>
              <Button onClick={clear}>Remove the filters</Button>
            </EmptyState>
          ) : (
            <Onboarding
              app={app}
              waitingFor="Waiting for the first execution: it will appear here by itself."
            />
          )}
        </div>
      )}
    </div>
  );
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))].toSorted();
}
