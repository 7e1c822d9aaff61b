'use client';

import type { ReplayReport } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import type { ReactNode } from 'react';
import { outcomeWord } from '@/components/charts/outcome-mix';
import { EmptyState, ErrorState } from '@/components/states';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { ApiError } from '@/lib/api-client';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatShare } from '@/lib/format';
import { replaysHref } from '@/lib/links';
import { replayQuery } from '@/lib/replays-api';
import { OutcomeFlow } from './outcome-flow';
import { ReplaysSkeleton } from './replays-skeleton';
import { ResultsTable } from './results-table';
import { GateMark, RunFacts } from './run-facts';
import { NO_FILTER, NO_OUTCOME, replayParams } from './search-params';

/** One run: what flipped, what caused it, and the executions. */
export function RunPage({ app, run }: { app: string; run: string }) {
  const found = useQuery(replayQuery(app, run));
  if (found.isPending) return <ReplaysSkeleton />;
  if (found.isError) {
    const isMissing = found.error instanceof ApiError && found.error.status === 404;
    return (
      <ErrorState
        heading="h1"
        error={found.error}
        title={isMissing ? 'This run does not exist' : 'The run could not be loaded'}
        onRetry={() => void found.refetch()}
      >
        <Button asChild>
          <Link href={replaysHref(app)} prefetch={false}>
            All replays
          </Link>
        </Button>
      </ErrorState>
    );
  }
  const { name, pipelines, createdAt, report, stored } = found.data;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h1 className="min-w-0 font-semibold wrap-anywhere">{name}</h1>
        <GateMark report={report} />
        <span className="text-sm text-ink-muted">
          {pipelines.join(', ')} · <AbsoluteTime iso={createdAt} />
        </span>
        <Button asChild className="ml-auto print:hidden">
          <Link href={replaysHref(app)} prefetch={false}>
            All replays
          </Link>
        </Button>
      </div>
      <div className="flex flex-col gap-5 py-4">
        {report === null ? (
          <EmptyState title="This run is not finished">
            {formatCount(stored)} results have arrived. If the runner broke off, start it again; the
            page then shows the new run.
          </EmptyState>
        ) : (
          <>
            <RunFacts run={found.data} report={report} />
            <Parts pipeline={pipelines.length === 1 ? (pipelines[0] ?? '') : ''} report={report} />
          </>
        )}
        <ResultsTable app={app} run={run} pipeline={pipelines[0] ?? ''} />
        <p className="px-4 text-sm text-ink-muted">
          Not shown: what became of the decisions later. “Same” means the same with the recorded
          answers.
        </p>
      </div>
    </div>
  );
}

function Parts({ pipeline, report }: { pipeline: string; report: ReplayReport }) {
  const [filter, setFilter] = useQueryStates(replayParams, { history: 'push' });
  const names = useNames();
  const { matrix, causes, segments, undecided } = report;
  const outcomeParam = (outcome: string | null): string => outcome ?? NO_OUTCOME;
  const hasTransition = filter.was !== null && filter.is !== null;
  return (
    <div className="grid gap-x-8 gap-y-5 px-4 lg:grid-cols-2">
      <Part title="Outcomes, before and after">
        <OutcomeFlow
          pipeline={pipeline}
          transitions={matrix}
          chosen={hasTransition ? { was: filter.was || null, is: filter.is || null } : null}
          onChoose={({ was, is }) => {
            const isSame = filter.was === outcomeParam(was) && filter.is === outcomeParam(is);
            void setFilter({
              ...NO_FILTER,
              ...(isSame ? {} : { was: outcomeParam(was), is: outcomeParam(is) }),
            });
          }}
        />
      </Part>
      <Part title="Caused by">
        {causes.length === 0 ? (
          <p className="text-sm text-ink-muted">No decision changed.</p>
        ) : (
          <Choices
            items={causes.map(({ origin, decided, was, is, count }) => ({
              key: `${origin} ${decided} ${String(was)} ${String(is)}`,
              isChosen:
                filter.cause === decided &&
                filter.was === outcomeParam(was) &&
                filter.is === outcomeParam(is),
              choose: { cause: decided, was: outcomeParam(was), is: outcomeParam(is) },
              text: `${origin === decided ? '' : `${names('steps', origin)} · `}${names('rules', decided)}: ${outcomeWord(was, names)} → ${outcomeWord(is, names)}`,
              count,
            }))}
            onChoose={(choice) => void setFilter({ ...NO_FILTER, ...choice })}
          />
        )}
      </Part>
      <Part title="Segments beyond chance">
        {segments.length === 0 ? (
          <p className="text-sm text-ink-muted">
            No tag, metadata or subject flips more or less often than the others, beyond chance.
          </p>
        ) : (
          <ul className="text-sm">
            {segments.map(({ trait, flips, of, within, others }) => (
              <li key={trait} className="flex flex-wrap gap-x-3 border-t border-line py-1.5">
                <span className="min-w-0 flex-1 wrap-anywhere">{trait}</span>
                <span className="text-mono">{formatShare(within.share)}</span>
                <span className="text-ink-muted">
                  {formatCount(flips)} of {formatCount(of)}; others {formatShare(others.share)}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title="Undecided, and why">
        {undecided.length === 0 ? (
          <p className="text-sm text-ink-muted">Every execution is decided.</p>
        ) : (
          <Choices
            items={undecided.map(({ why, count }) => ({
              key: why,
              isChosen: filter.why === why,
              choose: { why },
              text: why,
              count,
            }))}
            onChoose={(choice) => void setFilter({ ...NO_FILTER, ...choice })}
          />
        )}
      </Part>
    </div>
  );
}

type Choice = Partial<Record<'cause' | 'was' | 'is' | 'why', string>>;

function Choices({
  items,
  onChoose,
}: {
  items: { key: string; isChosen: boolean; choose: Choice; text: string; count: number }[];
  onChoose: (choice: Choice) => void;
}) {
  return (
    <ul className="text-sm">
      {items.map(({ key, isChosen, choose, text, count }) => (
        <li key={key} className={cn('border-t border-line', isChosen && 'bg-accent-soft')}>
          <button
            type="button"
            aria-pressed={isChosen}
            onClick={() => onChoose(isChosen ? {} : choose)}
            className="flex min-h-8 w-full items-center gap-3 py-1 text-left hover:underline max-md:min-h-11"
          >
            <span className="min-w-0 flex-1 wrap-anywhere">{text}</span>
            <span className="text-mono">{formatCount(count)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-2">
      <h2 className="font-semibold">{title}</h2>
      {children}
    </section>
  );
}
