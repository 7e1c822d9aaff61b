'use client';

import type { AuditEntry } from '@xray/core';
import { auditActionText, auditActorText } from '@xray/core/audit-texts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { AuditFilterBar } from './audit-filter';
import { detailsText } from './audit-text';
import { Note, Panel, RowsSkeleton } from './panel';
import { auditParams } from './search-params';
import { auditQuery } from './settings-queries';

/** Null means the log of the whole installation. */
export function AuditPanel({ app }: { app: string | null }) {
  const [filter] = useQueryStates(auditParams);
  const isFiltered = Object.values(filter).some((value) => value !== '');
  const log = useInfiniteQuery(auditQuery(app, filter));
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel
      title="Audit log"
      about="Who did what, newest first. Entries cannot be changed or deleted."
    >
      <AuditFilterBar app={app} filter={filter} />
      {log.isPending ? (
        <RowsSkeleton label="Loading the audit log" />
      ) : log.isError && entries.length === 0 ? (
        <ErrorState
          error={log.error}
          title="The audit log could not be loaded"
          onRetry={() => void log.refetch()}
        />
      ) : entries.length === 0 ? (
        <Note>{isFiltered ? 'No results for this filter.' : 'No entries yet.'}</Note>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {entries.map((entry) => (
            <AuditRow key={entry.id} entry={entry} withApp={app === null} />
          ))}
        </ul>
      )}
      {log.isFetchNextPageError ? (
        <p role="alert" className="text-sm">
          {log.error.message}
        </p>
      ) : null}
      {log.hasNextPage ? (
        <Button
          className="self-center"
          disabled={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        >
          {log.isFetchingNextPage ? 'Loading…' : 'Show older entries'}
        </Button>
      ) : null}
    </Panel>
  );
}

function AuditRow({ entry, withApp }: { entry: AuditEntry; withApp: boolean }) {
  const details = detailsText(entry.details);
  return (
    <li className="grid gap-x-4 px-3 py-1.5 text-sm md:grid-cols-[7rem_minmax(0,1fr)_minmax(0,2fr)]">
      <RelativeTime iso={entry.at} className="text-ink-muted max-md:text-xs" />
      <span className="wrap-anywhere" title={entry.ip === null ? undefined : `from ${entry.ip}`}>
        {auditActorText(entry.actor)}
      </span>
      <span className="wrap-anywhere">
        <span className="font-medium" title={entry.action}>
          {auditActionText(entry.action)}
        </span>
        {entry.target === null ? null : ` ${entry.target}`}
        {withApp && entry.appId !== null ? (
          <span className="text-ink-muted"> in {entry.appId}</span>
        ) : null}
        {details === '' ? null : <span className="block text-xs text-ink-muted">{details}</span>}
      </span>
    </li>
  );
}
