'use client';

import type { ExecutionDetail } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { ArrowRightIcon, XIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { IdText } from '@/components/id-text';
import { ErrorState } from '@/components/states';
import { Term } from '@/components/term';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { ExecutionLabel } from '@/components/outcome-label';
import { VerdictLabel } from '@/components/verdict-mark';
import { formatDuration, plural } from '@/lib/format';
import { executionHref } from '@/lib/links';
import { executionQuery } from '@/lib/queries';
import { statusVerdict } from '@/lib/verdict';
import { Highlighted } from './highlighted';
import { matchPlace } from './match-line';
import type { Row } from './use-execution-list';

const MAX_STEPS = 60;

/** Shows one execution beside the list: its outcome, its reasons and its steps. */
export function PeekPanel({
  app,
  executionId,
  matches,
  onClose,
}: {
  app: string;
  executionId: string;
  matches: Row['matches'];
  onClose: () => void;
}) {
  const execution = useQuery(executionQuery(app, executionId));
  return (
    <aside
      aria-label="Preview"
      className="flex w-96 min-w-72 shrink-0 flex-col border-l border-line max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:z-20 max-lg:bg-panel max-lg:shadow-xl max-md:w-full max-md:border-l-0 print:hidden"
    >
      <div className="flex h-10 shrink-0 items-center gap-2 border-b border-line pr-2 pl-4">
        <IdText id={executionId} label="execution id" className="flex-1 text-ink-muted" />
        <Button asChild size="sm">
          <Link href={executionHref(app, executionId)}>
            Open <ArrowRightIcon aria-hidden />
          </Link>
        </Button>
        <Button
          variant="ghost"
          size="iconSm"
          aria-label="Close the preview"
          title="Close (Escape)"
          onClick={onClose}
        >
          <XIcon aria-hidden />
        </Button>
      </div>
      <section
        aria-label="Preview of the execution"
        // A scrolling box without focusable content must be focusable itself (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto focus-visible:-outline-offset-2"
      >
        {execution.data !== undefined ? (
          <Glance app={app} detail={execution.data} matches={matches} />
        ) : execution.isError ? (
          <ErrorState
            error={execution.error}
            title="The execution could not be loaded"
            onRetry={() => void execution.refetch()}
          />
        ) : (
          <div aria-busy="true" className="flex flex-col gap-3 p-4">
            <Skeleton className="h-5 w-32" />
            <Skeleton className="h-3 w-full" />
            <Skeleton className="h-3 w-3/4" />
          </div>
        )}
      </section>
    </aside>
  );
}

function Glance({
  app,
  detail: { snapshot, server },
  matches,
}: {
  app: string;
  detail: ExecutionDetail;
  matches: Row['matches'];
}) {
  const status = snapshot.status ?? 'completed';
  const reasons = snapshot.decision?.reasons ?? [];
  const failed = snapshot.steps.find((step) => step.error !== undefined);
  return (
    <div className="flex flex-col gap-4 p-4 text-sm">
      <div className="flex flex-col gap-1">
        <ExecutionLabel
          execution={{
            pipeline: snapshot.pipeline,
            status,
            outcome: snapshot.decision?.outcome,
            stale: server.stale,
          }}
          className="text-base font-semibold [&_svg]:size-4"
        />
        <span className="wrap-anywhere text-ink-muted">
          <Term kind="pipelines" code={snapshot.pipeline} />
        </span>
      </div>
      {reasons.length > 0 ? (
        <ul aria-label="Reasons" className="flex flex-col gap-1">
          {reasons.map((reason) => (
            <li key={reason.code} className="wrap-anywhere">
              <span className="font-medium">
                <Term kind="reasons" code={reason.code} />
              </span>{' '}
              <span className="text-ink-muted">{reason.text}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {failed?.error ? (
        <p className="line-clamp-6 wrap-anywhere">
          <span className="font-medium">{failed.error.type}</span>{' '}
          <span className="text-ink-muted">
            in <Term kind="steps" code={failed.name} />: {failed.error.message}
          </span>
        </p>
      ) : null}
      <dl className="grid grid-cols-[fit-content(45%)_1fr] gap-x-4 gap-y-1">
        {(snapshot.subjects ?? []).map((subject) => (
          <Fact key={`${subject.type}/${subject.id}`} name={subject.type}>
            {subject.id}
          </Fact>
        ))}
        <Fact name="started">
          <AbsoluteTime iso={snapshot.startedAt ?? server.receivedAt} />
        </Fact>
        <Fact name="took">
          {status === 'running' ? 'still running' : formatDuration(snapshot.durationMs)}
        </Fact>
        <Fact name="environment">{snapshot.environment ?? 'default'}</Fact>
        {Object.entries(snapshot.versions ?? {}).map(([name, version]) => (
          <Fact key={name} name={name}>
            {version}
          </Fact>
        ))}
      </dl>
      {matches === undefined || matches.length === 0 ? null : (
        <ul aria-label="Found in" className="flex flex-col gap-1.5">
          {matches.map((match) => (
            <li key={`${match.path} ${match.snippet}`} className="text-xs wrap-anywhere">
              <span className="text-ink-faint">{matchPlace(match)}</span>{' '}
              <Highlighted text={match.snippet} ranges={match.ranges} />
            </li>
          ))}
        </ul>
      )}
      <div>
        <h2 className="mb-1 text-xs text-ink-muted">{plural(snapshot.steps.length, 'step')}</h2>
        <ol className="flex flex-col">
          {snapshot.steps.slice(0, MAX_STEPS).map((step, index) => (
            <li key={index}>
              <Link
                href={executionHref(app, snapshot.executionId, {
                  index,
                  sequence: step.sequence ?? index,
                })}
                prefetch={false}
                className="-mx-2 flex h-7 items-center gap-2 rounded px-2 hover:bg-hover"
              >
                <VerdictLabel
                  verdict={{
                    ...statusVerdict(step.status ?? 'completed'),
                    word: step.name,
                    term: 'steps',
                  }}
                  className="flex-1"
                />
                <span className="shrink-0 text-xs text-ink-faint">
                  {formatDuration(step.durationMs)}
                </span>
              </Link>
            </li>
          ))}
        </ol>
        {snapshot.steps.length > MAX_STEPS ? (
          <p className="text-xs text-ink-muted">and {snapshot.steps.length - MAX_STEPS} more</p>
        ) : null}
      </div>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="min-w-0 wrap-anywhere text-ink-faint">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
