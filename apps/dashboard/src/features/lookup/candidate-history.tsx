'use client';

import type { CandidateAppearance } from '@xray/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { EmptyState, ErrorState } from '@/components/states';
import { Term } from '@/components/term';
import { RelativeTime } from '@/components/time';
import type { TimeRange } from '@/components/time-range/time-range';
import { VerdictLabel } from '@/components/verdict-mark';
import { useNames } from '@/lib/dictionary';
import { formatApart, formatNumber, truncateMiddle } from '@/lib/format';
import { candidateHref, whyHref } from '@/lib/links';
import { outcomeVerdict } from '@/lib/verdict';
import { candidateHistoryQuery } from './history-queries';
import { HistoryHead, MoreRows, NotSearchedNote, RuleText } from './history-parts';
import { HistorySkeleton } from './why-skeleton';

/** The shown length of the id of the nearest kept candidate, in characters. */
const RIVAL_LENGTH = 32;

/** Every decision on a candidate: the step, the decisive rule and the margin. */
export function CandidateHistoryView({
  app,
  id,
  range,
}: {
  app: string;
  id: string;
  range: TimeRange;
}) {
  const history = useInfiniteQuery(candidateHistoryQuery(app, id, range));
  const first = history.data?.pages[0];
  if (first === undefined) {
    return history.isError ? (
      <ErrorState
        error={history.error}
        title="The history could not be loaded"
        onRetry={() => void history.refetch()}
      />
    ) : (
      <div className="p-4">
        <HistorySkeleton />
      </div>
    );
  }
  const items = history.data?.pages.flatMap((page) => page.items) ?? [];
  if (first.appearances === 0) {
    return (
      <>
        <NotSearchedNote notSearched={first.notSearched} />
        <EmptyState title="No decisions on this candidate in this time range">
          Choose a longer time range above.
        </EmptyState>
      </>
    );
  }
  const outcomes = Object.entries(first.byOutcome)
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count);
  return (
    <>
      <HistoryHead
        verdictOf={outcomeVerdict}
        outcomes={outcomes}
        reasons={first.byReason}
        strip={first.strip}
      />
      <NotSearchedNote notSearched={first.notSearched} />
      <ol aria-label="Decisions on this candidate, newest first" className="border-t border-line">
        {items.map((item) => (
          <li
            key={`${item.executionId} ${item.step.index}`}
            className="relative border-b border-line px-4 py-2 text-sm hover:bg-hover"
          >
            <Appearance app={app} id={id} item={item} />
          </li>
        ))}
      </ol>
      <MoreRows
        shown={items.length}
        total={first.appearances}
        noun="appearance"
        hasMore={history.hasNextPage}
        isFetching={history.isFetchingNextPage}
        isError={history.isFetchNextPageError}
        onMore={() => void history.fetchNextPage()}
      />
    </>
  );
}

function Appearance({ app, id, item }: { app: string; id: string; item: CandidateAppearance }) {
  const names = useNames();
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-0.5 md:grid md:grid-cols-[5rem_minmax(7rem,1fr)_minmax(13rem,2.2fr)_minmax(11rem,1.6fr)]">
      <RelativeTime iso={item.at} className="relative z-10 justify-self-start text-ink-muted" />
      <span className="min-w-0 truncate" title={`${item.pipeline} · ${item.environment}`}>
        {names('pipelines', item.pipeline)}
        {item.decision === null ? null : (
          <span className="text-ink-muted"> {names('outcomes', item.decision)}</span>
        )}
      </span>
      <span className="min-w-0 wrap-anywhere max-md:basis-full">
        <Link
          href={candidateHref(app, item.executionId, item.step, id)}
          prefetch={false}
          className="after:absolute after:inset-0"
        >
          <VerdictLabel verdict={outcomeVerdict(item.outcome)} className="font-medium" /> at{' '}
          <Term kind="steps" code={item.step.name} />
        </Link>{' '}
        {item.rule === null ? (
          item.reason === null ? null : (
            <span className="wrap-anywhere">
              by <Term kind="reasons" code={item.reason} />
            </span>
          )
        ) : (
          <>
            by <RuleText rule={item.rule} />
          </>
        )}
      </span>
      <ScoreText app={app} item={item} />
    </div>
  );
}

function ScoreText({ app, item }: { app: string; item: CandidateAppearance }) {
  const { score, rank, cutoff, margin, rival, ledgerOnly } = item;
  const [scoreText, cutoffText, rivalText] = formatApart([score, cutoff, rival?.score]);
  const facts = [
    score === null ? null : `score ${scoreText}`,
    rank === null ? null : `rank ${rank}`,
    cutoff === null ? null : `cutoff ${cutoffText}`,
    margin === null
      ? null
      : `${formatNumber(Math.abs(margin))} ${margin < 0 ? 'below it' : 'above it'}`,
  ].filter((fact) => fact !== null);
  return (
    <span className="min-w-0 wrap-anywhere text-ink-muted max-md:basis-full">
      {facts.join(', ')}
      {rival === null ? null : (
        <>
          {facts.length === 0 ? '' : ', '}nearest kept candidate{' '}
          <Link
            href={whyHref(app, rival.id)}
            prefetch={false}
            title={rival.id}
            className="text-mono relative z-10 text-accent hover:underline"
          >
            {truncateMiddle(rival.id, RIVAL_LENGTH)}
          </Link>{' '}
          {rivalText}
        </>
      )}
      {ledgerOnly ? (
        <span title="Only a summary of this candidate was recorded, without its rules and data.">
          {facts.length === 0 && rival === null ? '' : ' · '}summary only
        </span>
      ) : null}
    </span>
  );
}
