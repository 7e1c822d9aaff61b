'use client';

import type { ReplayResultPage, ReplayVerdict } from '@xray/core';
import { REPLAY_VERDICTS, replayReference } from '@xray/core/replay-reference';
import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { OutcomeLabel } from '@/components/outcome-label';
import { EmptyState, ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { inputClasses } from '@/components/ui/field';
import { cn } from '@/lib/cn';
import { compareHref, executionHref } from '@/lib/links';
import { replayResultsQuery } from '@/lib/replays-api';
import { ReplaysSkeleton } from './replays-skeleton';
import { NO_FILTER, replayParams } from './search-params';

const WORDS: Record<ReplayVerdict, string> = {
  flipped: 'flipped',
  moved: 'moved',
  undecided: 'undecided',
  not_replayable: 'not replayable',
  same: 'same',
};

type Result = ReplayResultPage['items'][number];

/** The executions of a run that the address asks for, each with its comparison. */
export function ResultsTable({
  app,
  run,
  pipeline,
}: {
  app: string;
  run: string;
  pipeline: string;
}) {
  const [{ verdict, was, is, cause, why }, setFilter] = useQueryStates(replayParams, {
    history: 'push',
  });
  const filter = { verdict, was, is, cause, why };
  const isFiltered = Object.values(filter).some((value) => value !== null);
  const results = useInfiniteQuery(replayResultsQuery(app, run, filter));
  const items = results.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label="Executions" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2 px-4">
        <h2 className="font-semibold">Executions</h2>
        <select
          aria-label="Verdict"
          value={verdict ?? ''}
          onChange={(event) => {
            const next = REPLAY_VERDICTS.find((each) => each === event.target.value) ?? null;
            void setFilter({ ...NO_FILTER, verdict: next });
          }}
          className={cn(inputClasses, 'w-auto')}
        >
          <option value="">all that are stored</option>
          {REPLAY_VERDICTS.map((each) => (
            <option key={each} value={each}>
              {WORDS[each]}
            </option>
          ))}
        </select>
        {isFiltered ? (
          <Button variant="ghost" onClick={() => void setFilter(NO_FILTER)}>
            Reset
          </Button>
        ) : null}
      </div>
      {results.isPending ? (
        <ReplaysSkeleton />
      ) : results.isError ? (
        <ErrorState
          error={results.error}
          title="The executions could not be loaded"
          onRetry={() => void results.refetch()}
        />
      ) : items.length === 0 ? (
        <EmptyState title="No results">
          A run stores changed and undecided decisions. With{' '}
          <code className="text-mono">--store all</code> it stores all.
        </EmptyState>
      ) : (
        <>
          <ul>
            {items.map((item) => (
              <Row key={item.executionId} app={app} run={run} pipeline={pipeline} item={item} />
            ))}
          </ul>
          {results.hasNextPage ? (
            <div className="px-4 py-2">
              <Button
                disabled={results.isFetchingNextPage}
                onClick={() => void results.fetchNextPage()}
              >
                Show more
              </Button>
            </div>
          ) : null}
        </>
      )}
    </section>
  );
}

function Row({
  app,
  run,
  pipeline,
  item,
}: {
  app: string;
  run: string;
  pipeline: string;
  item: Result;
}) {
  const { executionId, verdict, was, is, cause, rule, why, replayed } = item;
  const ruleId = cause?.decided.rule;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2 text-sm">
      <span className="flex min-w-0 flex-wrap items-center gap-1.5 md:w-64">
        <Outcome pipeline={pipeline} outcome={was.outcome} />
        {is === null ? null : (
          <>
            → <Outcome pipeline={pipeline} outcome={is.outcome} />
          </>
        )}
        {verdict === 'flipped' ? null : <span className="text-ink-muted">{WORDS[verdict]}</span>}
      </span>
      <Link
        href={executionHref(app, executionId)}
        prefetch={false}
        className="touch-link text-mono min-w-0 text-accent wrap-anywhere hover:underline"
      >
        {executionId}
      </Link>
      <span className="min-w-0 flex-1 basis-64 wrap-anywhere text-ink-muted">
        {why ??
          (ruleId === undefined
            ? (cause?.decided.name ?? '')
            : `${ruleId}: ${rule?.was ?? 'not evaluated'} → ${rule?.is ?? 'not evaluated'}`)}
      </span>
      {replayed ? (
        <Button asChild size="sm">
          <Link
            href={compareHref(app, executionId, replayReference(run, executionId))}
            prefetch={false}
          >
            Side by side
          </Link>
        </Button>
      ) : null}
    </li>
  );
}

function Outcome({ pipeline, outcome }: { pipeline: string; outcome: string | null }) {
  return outcome === null ? (
    <span>no outcome</span>
  ) : (
    <OutcomeLabel pipeline={pipeline} outcome={outcome} />
  );
}
