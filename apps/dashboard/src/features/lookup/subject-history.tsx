'use client';

import type { SubjectHistory } from '@xray/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { EmptyState, ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import type { TimeRange } from '@/components/time-range/time-range';
import { ExecutionLabel } from '@/components/outcome-label';
import { useNames } from '@/lib/dictionary';
import { formatDuration } from '@/lib/format';
import { executionHref } from '@/lib/links';
import { useOutcomes } from '@/lib/outcomes';
import { subjectHistoryQuery } from './history-queries';
import { HistoryHead, MoreRows, NotSearchedNote, RuleText } from './history-parts';
import { HistorySkeleton } from './why-skeleton';

const RULES_SHOWN = 3;

/** Every decision on a subject: outcome and decisive rules. */
export function SubjectHistoryView({
  app,
  type,
  id,
  range,
}: {
  app: string;
  type: string;
  id: string;
  range: TimeRange;
}) {
  const history = useInfiniteQuery(subjectHistoryQuery(app, type, id, range));
  const meanings = useOutcomes();
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
  if (first.executions === 0) {
    return (
      <>
        <NotSearchedNote notSearched={first.notSearched} />
        <EmptyState title={`No decisions on this ${type} in this time range`}>
          Choose a longer time range above.
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <HistoryHead
        verdictOf={(outcome) => meanings.verdict(null, outcome)}
        outcomes={first.byOutcome}
        reasons={first.byReason}
        strip={first.strip}
      />
      <NotSearchedNote notSearched={first.notSearched} />
      <ol aria-label="Decisions, newest first" className="border-t border-line">
        {items.map((item) => (
          <li
            key={item.executionId}
            className="relative border-b border-line px-4 py-2 text-sm hover:bg-hover"
          >
            <Decision app={app} item={item} />
          </li>
        ))}
      </ol>
      <MoreRows
        shown={items.length}
        total={first.executions}
        noun="decision"
        hasMore={history.hasNextPage}
        isFetching={history.isFetchingNextPage}
        isError={history.isFetchNextPageError}
        onMore={() => void history.fetchNextPage()}
      />
    </>
  );
}

function Decision({ app, item }: { app: string; item: SubjectHistory['items'][number] }) {
  const names = useNames();
  const { rules, reasons } = item;
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-0.5 md:grid md:grid-cols-[6rem_minmax(8rem,1fr)_minmax(8rem,0.8fr)_minmax(16rem,2.4fr)_5rem]">
      <RelativeTime iso={item.at} className="relative z-10 justify-self-start text-ink-muted" />
      <span className="min-w-0 truncate" title={`${item.pipeline} · ${item.environment}`}>
        {names('pipelines', item.pipeline)}
      </span>
      <Link
        href={executionHref(app, item.executionId)}
        prefetch={false}
        className="min-w-0 after:absolute after:inset-0"
      >
        <ExecutionLabel execution={item} className="font-medium" />
      </Link>
      <span className="flex min-w-0 flex-wrap gap-x-3 wrap-anywhere max-md:basis-full">
        {rules.length > 0
          ? rules.slice(0, RULES_SHOWN).map((rule) => <RuleText key={rule.rule} rule={rule} />)
          : reasons.length > 0
            ? reasons
                .slice(0, RULES_SHOWN)
                .map((code) => names('reasons', code))
                .join(', ')
            : (item.errorType ?? '')}
        {rules.length > RULES_SHOWN ? (
          <span className="text-ink-muted">and {rules.length - RULES_SHOWN} more</span>
        ) : null}
      </span>
      <span className="text-right text-ink-muted max-md:hidden">
        {formatDuration(item.durationMs)}
      </span>
    </div>
  );
}
