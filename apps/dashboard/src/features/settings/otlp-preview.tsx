import type { OtlpPreview, ReadExecution } from '@xray/core';
import Link from 'next/link';
import { plural, truncateMiddle } from '@/lib/format';
import { executionHref } from '@/lib/links';

/** How the edited settings would read the newest traces. */
export function OtlpPreviewList({ app, preview }: { app: string; preview: OtlpPreview }) {
  const { items } = preview;
  if (items.length === 0) {
    return (
      <output className="text-sm text-ink-muted">
        There is no trace to show yet. Send one, then preview again.
      </output>
    );
  }
  const changed = items.filter((item) => isChanged(item));
  const rows = [...changed, ...items.filter((item) => !isChanged(item))];
  return (
    <output className="flex flex-col gap-2">
      <p className="text-sm">
        {changed.length === 0
          ? `Of the newest ${plural(items.length, 'trace')}, none would be read differently.`
          : `${changed.length} of the newest ${plural(items.length, 'trace')} would be read differently.`}
      </p>
      <ul
        aria-label="Preview of traces"
        // The keyboard must reach a scrolling box (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="max-h-96 divide-y divide-line overflow-y-auto rounded-md border border-line text-sm"
      >
        {rows.map((item) => (
          <li key={`${item.traceId} ${item.after?.[0]?.executionId}`} className="px-3 py-2">
            <PreviewedTrace app={app} item={item} />
          </li>
        ))}
      </ul>
    </output>
  );
}

type Item = OtlpPreview['items'][number];

function isChanged({ before, after, redacted }: Item): boolean {
  return JSON.stringify(before) !== JSON.stringify(after) || redacted.length > 0;
}

function PreviewedTrace({ app, item }: { app: string; item: Item }) {
  const { traceId, from, before, after, redacted } = item;
  const first = before?.[0] ?? after?.[0];
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3">
        {before?.[0] === undefined ? (
          <span className="text-mono">{truncateMiddle(traceId, 16)}</span>
        ) : (
          <Link
            href={executionHref(app, before[0].executionId)}
            prefetch={false}
            className="touch-link text-mono text-accent hover:underline"
          >
            {truncateMiddle(traceId, 16)}
          </Link>
        )}
        <span className="min-w-0 wrap-anywhere text-ink-muted">{first?.pipeline}</span>
        {from === 'record' ? (
          <span className="text-xs text-ink-faint">from its record, redaction is not shown</span>
        ) : null}
      </div>
      {before === null || after === null ? (
        <p>
          {takenText(before)} → {takenText(after)}
        </p>
      ) : (
        after.map((read, index) => (
          <Changes key={read.executionId} before={before[index]} after={read} />
        ))
      )}
      {redacted.length === 0 ? null : (
        <p className="wrap-anywhere text-ink-muted">Redacted: {redacted.join(', ')}</p>
      )}
    </>
  );
}

function takenText(executions: ReadExecution[] | null): string {
  return executions === null ? 'not stored' : 'stored';
}

function Changes({ before, after }: { before: ReadExecution | undefined; after: ReadExecution }) {
  const facts = [
    {
      name: 'Outcome',
      was: outcomeText(before),
      is: outcomeText(after),
      from: after.readFrom.outcome,
    },
    { name: 'Pipeline', was: before?.pipeline, is: after.pipeline, from: after.readFrom.pipeline },
    {
      name: 'Environment',
      was: before?.environment ?? 'default',
      is: after.environment ?? 'default',
      from: after.readFrom.environment,
    },
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3">
      {facts.map(({ name, was, is, from }) => (
        <div key={name} className="contents">
          <dt className="text-ink-muted">{name}</dt>
          <dd className="wrap-anywhere">
            {was === is ? null : (
              <>
                <del className="text-ink-faint">{was}</del> →{' '}
              </>
            )}
            <span className={was === is ? '' : 'font-medium'}>{is}</span>
            {from === null ? null : <span className="text-xs text-ink-faint"> from {from}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function outcomeText(read: ReadExecution | undefined): string {
  if (read?.outcome === undefined || read.outcome === null) return 'no outcome';
  return read.adverse === true ? `${read.outcome}, adverse` : read.outcome;
}
