'use client';

import type { OtlpState } from '@xray/core';
import { RelativeTime } from '@/components/time';
import { RESULTS } from './connect-sources';
import { Note, Panel } from './panel';

/** What waits, and what was not taken and why. */
export function OtlpPanel({ state }: { state: OtlpState }) {
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
    </Panel>
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0)} MiB`;
}
