'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { AppGate } from '@/components/app-gate';
import { Boundary } from '@/components/boundary';
import { EmptyState, ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { formatCount, formatShare } from '@/lib/format';
import { replayHref } from '@/lib/links';
import { replaysQuery } from '@/lib/replays-api';
import { ReplayCommands } from './replay-commands';
import { RunPage } from './run-page';
import { GateMark } from './run-facts';
import { ReplaysSkeleton } from './replays-skeleton';
import { replayParams } from './search-params';

/** The runs of an app, or the run of the address. */
export function ReplaysPage() {
  const [{ run }] = useQueryStates(replayParams);
  return (
    <AppGate loading={<ReplaysSkeleton />}>
      {(app) =>
        run === null ? (
          <Runs key={app} app={app} />
        ) : (
          <Boundary title="The run cannot be shown" of={`${app} ${run}`}>
            <RunPage key={`${app} ${run}`} app={app} run={run} />
          </Boundary>
        )
      }
    </AppGate>
  );
}

function Runs({ app }: { app: string }) {
  const runs = useInfiniteQuery(replaysQuery(app));
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="border-b border-line px-4 py-2">
        <h1 className="font-semibold">Replays</h1>
      </div>
      {runs.isPending ? (
        <ReplaysSkeleton />
      ) : runs.isError ? (
        <ErrorState
          error={runs.error}
          title="The replays could not be loaded"
          onRetry={() => void runs.refetch()}
        />
      ) : runs.data.pages[0]?.items.length === 0 ? (
        <EmptyState title="No replay runs yet">
          <p className="mb-3">
            A replay runs recorded decisions on your changed code, and shows which outcomes flip and
            why. Runs are kept for 30 days.
          </p>
          <ReplayCommands app={app} q={null} />
        </EmptyState>
      ) : (
        <>
          <ul aria-label="Runs">
            {runs.data.pages
              .flatMap(({ items }) => items)
              .map(({ id, name, pipelines, createdAt, report }) => (
                <li key={id} className="relative border-b border-line px-4 py-2 hover:bg-hover">
                  <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                    <Link
                      href={replayHref(app, id)}
                      prefetch={false}
                      className="min-w-0 font-medium wrap-anywhere after:absolute after:inset-0"
                    >
                      {name}
                    </Link>
                    <GateMark report={report} />
                    <RelativeTime
                      iso={createdAt}
                      className="relative z-10 ml-auto text-sm text-ink-muted"
                    />
                  </div>
                  <p className="text-sm wrap-anywhere text-ink-muted">
                    {pipelines.join(', ')}
                    {report === null
                      ? ''
                      : ` · ${formatCount(report.counts.flipped)} flips (${formatShare(report.flips.share)}), ${formatCount(report.counts.undecided + report.counts.not_replayable)} undecided`}
                  </p>
                </li>
              ))}
          </ul>
          {runs.hasNextPage ? (
            <div className="p-4">
              <Button disabled={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
                Show more
              </Button>
            </div>
          ) : null}
        </>
      )}
    </div>
  );
}
