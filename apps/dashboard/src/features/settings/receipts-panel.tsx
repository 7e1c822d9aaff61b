'use client';

import type { ErasureReceipt } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { CopyButton } from '@/components/copy-button';
import { ErrorState } from '@/components/states';
import { AbsoluteTime } from '@/components/time';
import { formatBytes, plural } from '@/lib/format';
import { Note, Panel, RowsSkeleton } from './panel';
import { receiptsQuery } from './settings-queries';

export function ReceiptsPanel({ app }: { app: string }) {
  const receipts = useQuery(receiptsQuery(app));
  return (
    <Panel
      title="Receipts"
      about="What was erased on request, the newest first. A receipt never holds the id of a person."
    >
      {receipts.isPending ? (
        <RowsSkeleton label="Loading the receipts" />
      ) : receipts.isError ? (
        <ErrorState
          error={receipts.error}
          title="The receipts could not be loaded"
          onRetry={() => void receipts.refetch()}
        />
      ) : receipts.data.items.length === 0 ? (
        <Note>Nothing has been erased on request.</Note>
      ) : (
        <ul className="flex flex-col gap-2">
          {receipts.data.items.map((receipt) => (
            <li key={receipt.id}>
              <ReceiptCard app={app} receipt={receipt} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function ReceiptCard({ app, receipt }: { app: string; receipt: ErasureReceipt }) {
  const { id, kind, subjectType, reason, askedBy, at, erased } = receipt;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md border border-line px-3 py-2 text-sm">
      <div className="min-w-0 flex-1 basis-72">
        <div className="font-medium wrap-anywhere">
          {kind === 'subject' ? `A subject of type ${subjectType}` : 'An execution'}: {reason}
        </div>
        <div className="text-xs wrap-anywhere text-ink-muted">
          {plural(erased.executions, 'execution')}, {plural(erased.steps, 'step')},{' '}
          {formatBytes(erased.bytes)} · <AbsoluteTime iso={at} /> · by {askedBy}
        </div>
        <code className="text-mono text-xs break-all text-ink-muted">{id}</code>
      </div>
      <CopyButton
        text={JSON.stringify({ app, ...receipt }, null, 2)}
        label="Copy receipt"
        withLabel
      />
    </div>
  );
}
