'use client';

import type { App, ExecutionSummary, PipelineList } from '@xray/core';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { ArrowRightIcon } from 'lucide-react';
import Link from 'next/link';
import { Boundary } from '@/components/boundary';
import { Term } from '@/components/term';
import { RelativeTime } from '@/components/time';
import { Skeleton } from '@/components/ui/skeleton';
import { VerdictMark } from '@/components/verdict-mark';
import { AppScope } from '@/lib/app-scope';
import { useNames } from '@/lib/dictionary';
import { formatCount, plural } from '@/lib/format';
import { executionHref, executionsHref } from '@/lib/links';
import { executionWords, useOutcomes } from '@/lib/outcomes';
import { PIPELINES_DAYS, pipelinesQuery, recentExecutionsQuery } from '@/lib/queries';
import { executionVerdict } from '@/lib/verdict';
import { LastDay } from './last-day';

/** The number of latest executions shown. The same query shows whether there is any. */
export const RECENT = 10;
const PIPELINES_SHOWN = 3;

/** One app in short: when it last decided, what, and by which pipelines. */
export function AppCard({ app }: { app: App }) {
  return (
    <li className="flex md:min-h-44 min-w-0 flex-col gap-3 rounded-md border border-line bg-panel p-4 hover:border-line-strong">
      <h2 className="-mb-3 min-w-0">
        <Link
          href={executionsHref(app.id)}
          className="group touch-link flex items-center gap-1 font-semibold hover:underline"
        >
          <span className="truncate" title={app.name}>
            {app.name}
          </span>
          <ArrowRightIcon aria-hidden className="size-4 shrink-0 text-accent" />
        </Link>
      </h2>
      <Boundary small title="Its activity cannot be shown" className="mt-3">
        <AppScope value={app.id}>
          <Activity app={app.id} />
        </AppScope>
      </Boundary>
    </li>
  );
}

function Activity({ app }: { app: string }) {
  const recent = useQuery(recentExecutionsQuery(app, RECENT));
  const latest = recent.data?.items[0];
  const pipelines = useQuery({ ...pipelinesQuery(app), enabled: latest !== undefined });
  const byVolume = (pipelines.data?.items ?? []).toSorted((a, b) => b.executions - a.executions);

  return (
    <>
      {recent.isPending ? (
        <Skeleton className="mt-1 h-4 w-40" />
      ) : recent.isError ? (
        <p className="text-sm text-ink-muted">Its activity could not be loaded.</p>
      ) : latest === undefined ? (
        <p className="text-sm text-ink-muted">
          No executions yet. Open the app to see how to send one.
        </p>
      ) : (
        <p className="text-sm text-ink-muted">
          <RecentCount pipelines={pipelines} />, the last <RelativeTime iso={latest.at} />
        </p>
      )}
      {latest === undefined ? null : (
        <>
          <Boundary small title="The last 24 h cannot be shown">
            <LastDay app={app} />
          </Boundary>
          <RecentStrip app={app} items={recent.data?.items ?? []} />
          <ul className="mt-auto flex flex-col gap-0.5 text-sm">
            {byVolume.slice(0, PIPELINES_SHOWN).map((each) => (
              <li key={each.pipeline} className="flex min-w-0 justify-between gap-3">
                <Link
                  href={executionsHref(app, { pipeline: each.pipeline })}
                  title={each.pipeline}
                  className="min-w-10 truncate text-ink-muted hover:text-ink hover:underline max-md:py-2.5"
                >
                  <Term kind="pipelines" code={each.pipeline} />
                </Link>
                <span className="shrink-0 text-ink-faint max-md:py-2.5">
                  {formatCount(each.executions)}
                </span>
              </li>
            ))}
            {byVolume.length > PIPELINES_SHOWN ? (
              <li className="text-xs text-ink-faint">
                and {byVolume.length - PIPELINES_SHOWN} more
              </li>
            ) : null}
          </ul>
        </>
      )}
    </>
  );
}

/** Keeps its line while it loads, so that nothing moves. */
function RecentCount({ pipelines }: { pipelines: UseQueryResult<PipelineList> }) {
  if (pipelines.isError) return 'Its executions could not be counted';
  if (pipelines.data === undefined) return 'Executions';
  const total = pipelines.data.items.reduce((sum, each) => sum + each.executions, 0);
  return `${total === 0 ? 'No executions' : plural(total, 'execution')} in ${PIPELINES_DAYS} days`;
}

/** The latest outcomes, each as a link. */
function RecentStrip({ app, items }: { app: string; items: readonly ExecutionSummary[] }) {
  const meanings = useOutcomes();
  const names = useNames();
  return (
    <ul aria-label="Latest outcomes, newest first" className="flex flex-wrap gap-0.5">
      {items.map((item) => {
        const { outcome, status } = meanings.ofExecution(item);
        // A failure matters more here than the outcome that it may have.
        const verdict = status ?? outcome ?? executionVerdict(item);
        const text = [executionWords(item, names), names('pipelines', item.pipeline)];
        return (
          <li key={item.executionId}>
            <Link
              href={executionHref(app, item.executionId)}
              prefetch={false}
              title={text.join(' · ')}
              aria-label={text.join(', ')}
              className="flex size-6 items-center max-md:size-10 justify-center rounded bg-sunken hover:bg-accent-soft"
            >
              <VerdictMark verdict={verdict} />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
