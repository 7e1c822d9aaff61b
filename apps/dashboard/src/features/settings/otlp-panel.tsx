'use client';

import type { App, OtlpState } from '@xray/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RelativeTime } from '@/components/time';
import { saveOtlp } from '@/lib/otlp-api';
import { RESULTS } from './connect-sources';
import { Note, Panel } from './panel';
import { Select } from './select';
import { otlpQuery } from './settings-queries';

const TAKES = [
  { value: 'recognised', label: 'Traces of a known framework' },
  { value: 'all', label: 'All traces' },
];

/** What waits, what was not taken and why, and which traces the app takes. */
export function OtlpPanel({ app, state }: { app: App; state: OtlpState }) {
  const { waiting, counts } = state;
  return (
    <Panel
      title="Received traces"
      about="A trace becomes an execution when its root span has arrived, or after ten quiet minutes."
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-ink-muted">Incomplete traces</dt>
        <dd>
          {waiting.traces} ({waiting.spans} spans)
          {waiting.oldestAt === null ? null : (
            <>
              , the oldest since <RelativeTime iso={waiting.oldestAt} />
            </>
          )}
        </dd>
        <dt className="text-ink-muted">Kept for late spans</dt>
        <dd>
          {megabytes(waiting.bytes)} of {megabytes(waiting.maxBytes)}
        </dd>
      </dl>
      {counts.length === 0 ? (
        <Note>No trace has arrived yet.</Note>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {counts.map(({ result, count, lastAt, lastMessage }) => (
            <li key={result} className="flex flex-wrap items-baseline gap-x-4 px-3 py-2">
              <div className="min-w-0 flex-1 basis-60">
                <div className="font-medium">{RESULTS[result] ?? result}</div>
                {lastMessage === '' ? null : (
                  <div className="text-xs wrap-anywhere text-ink-muted">{lastMessage}</div>
                )}
              </div>
              <div className="text-sm">{count}</div>
              <div className="text-xs text-ink-muted">
                last <RelativeTime iso={lastAt} />
              </div>
            </li>
          ))}
        </ul>
      )}
      <Take app={app} state={state} />
    </Panel>
  );
}

function Take({ app, state: { settings } }: { app: App; state: OtlpState }) {
  const client = useQueryClient();
  const saving = useMutation({
    mutationFn: (take: 'recognised' | 'all') => saveOtlp(app.id, { ...settings, take }),
    onSuccess: (saved) => client.setQueryData(otlpQuery(app.id).queryKey, saved),
  });
  const isOwner = app.role === 'owner';
  return (
    <>
      <Select
        label="Store"
        className="max-w-xs"
        value={settings.take}
        disabled={!isOwner || saving.isPending}
        onChange={(event) => saving.mutate(event.target.value === 'all' ? 'all' : 'recognised')}
        options={TAKES}
      />
      {isOwner ? null : <p className="text-xs text-ink-muted">Only owners can change this.</p>}
      {saving.isError ? (
        <p role="alert" className="text-sm text-failed">
          {saving.error.message}
        </p>
      ) : null}
    </>
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0)} MiB`;
}
