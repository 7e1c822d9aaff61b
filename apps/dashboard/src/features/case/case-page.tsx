'use client';

import type { Case } from '@xray/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { Boundary } from '@/components/boundary';
import { DownloadButton } from '@/components/download-button';
import { EmptyState, ErrorState } from '@/components/states';
import { Term } from '@/components/term';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { ExecutionLabel, OutcomeLabel } from '@/components/outcome-label';
import { caseCsvUrl, getCase } from '@/lib/case-api';
import { getFile } from '@/lib/api-client';
import { useNames } from '@/lib/dictionary';
import { formatDuration, plural } from '@/lib/format';
import { executionHref, letterHref, whyHref } from '@/lib/links';
import { caseParams } from './search-params';

const caseQuery = (app: string, type: string, id: string) =>
  queryOptions({
    queryKey: ['case', app, type, id],
    queryFn: ({ signal }) => getCase(app, { type, id }, signal),
  });

/** Everything about one subject, in time. */
export function CasePage() {
  const [{ app, type, id }] = useQueryStates(caseParams);
  if (app === null || type === null || id === null) {
    return (
      <EmptyState heading="h1" title="No case selected">
        The address lacks the app, the type or the id. Press Ctrl K and type the first letters of an
        id.
      </EmptyState>
    );
  }
  return (
    <Boundary title="The case cannot be shown" of={`${app} ${type} ${id}`}>
      <LoadedCase key={`${app} ${type} ${id}`} app={app} type={type} id={id} />
    </Boundary>
  );
}

function LoadedCase({ app, type, id }: { app: string; type: string; id: string }) {
  const found = useQuery(caseQuery(app, type, id));
  if (found.data === undefined) {
    return found.isError ? (
      <ErrorState
        heading="h1"
        error={found.error}
        title="The case could not be loaded"
        onRetry={() => void found.refetch()}
      />
    ) : (
      <>
        <header className="px-4 pt-3">
          <CaseTitle type={type} id={id} />
        </header>
        <CaseSkeleton />
      </>
    );
  }
  const { items, matters, executions, more, notSearched } = found.data;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <CaseTitle type={type} id={id} />
        <span className="text-sm text-ink-muted">
          {plural(executions, 'decision')} about this {type}, {items.length - countAbout(items)}{' '}
          linked
        </span>
        <div className="ml-auto flex items-center gap-2 print:hidden">
          <Button asChild>
            <Link href={whyHref(app, id, { as: `subject:${type}`, from: 'all' })} prefetch={false}>
              Counts and rules
            </Link>
          </Button>
          {items.length === 0 ? null : (
            <DownloadButton
              urlAt={() => caseCsvUrl(app, { type, id })}
              read={() => getFile(caseCsvUrl(app, { type, id }), {})}
              file="case.csv"
              about="This case as CSV, without payloads"
            />
          )}
        </div>
      </header>
      {notSearched === null ? null : (
        <p className="bg-warn-soft px-4 py-2 text-sm">
          {plural(notSearched.executions, 'new execution')} could not be searched yet. Try again in
          a moment.
        </p>
      )}
      {items.length === 0 ? (
        <EmptyState title={`No decision about this ${type}`}>
          No record names it. Ids are compared whole here. A subject that was sent as a keyed hash
          is known by its hash.
        </EmptyState>
      ) : (
        matters.map((matter, number) => (
          <section
            key={matter.startedAt + String(number)}
            aria-label={`Matter ${number + 1}`}
            className="border-b border-line"
          >
            <MatterHead app={app} matter={matter} items={items} />
            <ol>
              {items
                .filter((item) => item.matter === number)
                .map((item) => (
                  <CaseRow key={item.executionId} app={app} item={item} />
                ))}
            </ol>
          </section>
        ))
      )}
      {more > 0 ? (
        <p className="px-4 py-3 text-sm text-ink-muted">
          {plural(more, 'older execution')} not listed.
        </p>
      ) : null}
    </div>
  );
}

function countAbout(items: Case['items']): number {
  return items.filter(({ about }) => about).length;
}

const BY: Record<NonNullable<Case['matters'][number]['ended']>['by'], string> = {
  decision: 'by the first decision',
  review: 'by a review',
  override: 'by an override',
  retry: 'by a retry',
};

function MatterHead({
  app,
  matter: { ended },
  items,
}: {
  app: string;
  matter: Case['matters'][number];
  items: Case['items'];
}) {
  if (ended === null) {
    return <p className="bg-sunken px-4 py-2 text-sm text-ink-muted">Not decided yet.</p>;
  }
  const last = items.find(({ executionId }) => executionId === ended.executionId);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-sunken px-4 py-2 text-sm">
      <span className="text-ink-muted">Ended as</span>
      <OutcomeLabel
        pipeline={last?.pipeline ?? null}
        outcome={ended.outcome}
        className="font-semibold"
      />
      <span className="text-ink-muted">
        {BY[ended.by]}
        {ended.afterMs > 0 ? `, ${formatDuration(ended.afterMs)} after the start` : ''}
      </span>
      {ended.adverse === true ? (
        <Button asChild className="ml-auto print:hidden">
          <Link href={letterHref(app, ended.executionId)} prefetch={false}>
            Write letter
          </Link>
        </Button>
      ) : null}
    </div>
  );
}

function CaseRow({ app, item }: { app: string; item: Case['items'][number] }) {
  const names = useNames();
  return (
    <li className="relative flex min-w-0 flex-wrap items-center gap-x-4 gap-y-0.5 border-t border-line px-4 py-2 text-sm hover:bg-hover md:grid md:grid-cols-[14rem_minmax(8rem,1fr)_minmax(8rem,1fr)_minmax(12rem,2fr)]">
      <span className="text-ink-muted">
        <AbsoluteTime iso={item.at} />
      </span>
      <span className="min-w-0 truncate">
        <Term kind="pipelines" code={item.pipeline} />
      </span>
      <Link
        href={executionHref(app, item.executionId)}
        prefetch={false}
        className="min-w-0 after:absolute after:inset-0"
      >
        <ExecutionLabel
          execution={item}
          className={item.replacedBy === null ? 'font-medium' : 'line-through decoration-1'}
        />
      </Link>
      <span className="min-w-0 wrap-anywhere text-ink-muted max-md:basis-full">
        {[
          item.links.length > 0
            ? item.links
                .map(
                  ({ relation, executionId }) => `${relation.replaceAll('_', ' ')} ${executionId}`,
                )
                .join(', ')
            : item.reasons.map((reason) => names('reasons', reason)).join(', '),
          item.replacedBy === null ? '' : `replaced by ${item.replacedBy}`,
        ]
          .filter((part) => part !== '')
          .join(' · ')}
      </span>
    </li>
  );
}

function CaseTitle({ type, id }: { type: string; id: string }) {
  return (
    <h1 className="min-w-0 text-base wrap-anywhere">
      <span className="text-ink-muted">{type}</span> <span className="font-semibold">{id}</span>
    </h1>
  );
}

export function CaseSkeleton() {
  return (
    <section aria-busy="true" aria-label="Loading the case" className="flex flex-col gap-3 p-4">
      <Skeleton className="h-8 w-full max-w-xl" />
      <Skeleton className="h-12" />
      <Skeleton className="h-12" />
      <Skeleton className="h-12" />
    </section>
  );
}
