// A grid of which only the seen rows are in the page cannot be made of the native tags.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { PanelRightIcon } from 'lucide-react';
import Link from 'next/link';
import { RelativeTime } from '@/components/time';
import { Skeleton } from '@/components/ui/skeleton';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatDuration } from '@/lib/format';
import { executionHref } from '@/lib/links';
import { executionVerdict } from '@/lib/verdict';
import { COLUMNS, reasonText, subjectText, type ColumnId } from './columns';
import { MatchLine } from './match-line';
import type { Row } from './use-execution-list';

// The link of the first cell covers its whole row; the other cells let it through, but for their title.
const COVER = 'static after:absolute after:inset-0';

export function RowCells({
  app,
  row,
  columns,
  template,
  onPeek,
}: {
  app: string;
  row: Row;
  columns: readonly ColumnId[];
  template: string;
  onPeek: () => void;
}) {
  return (
    <>
      <div className="grid h-8 items-center gap-x-3" style={{ gridTemplateColumns: template }}>
        {columns.map((id, index) => {
          const column = COLUMNS[id];
          const text = column.text(row);
          const content = column.node?.(row) ?? text;
          return (
            <div
              key={id}
              role="gridcell"
              title={text === '' ? undefined : text}
              className={cn(
                'min-w-0 truncate',
                column.numeric && 'text-right',
                id !== 'outcome' && 'text-ink-muted',
              )}
            >
              {index === 0 ? (
                <Link
                  href={executionHref(app, row.executionId)}
                  prefetch={false}
                  aria-label={id === 'outcome' ? linkName(row) : undefined}
                  className={COVER}
                >
                  {content}
                  {id === 'outcome' ? null : (
                    <span className="sr-only">, {restOfName(row, id)}</span>
                  )}
                </Link>
              ) : id === 'time' || id === 'received' ? (
                <span className="relative">{content}</span>
              ) : (
                content
              )}
            </div>
          );
        })}
      </div>
      {row.matches === undefined ? null : (
        <div role="gridcell" aria-colindex={1} aria-colspan={columns.length}>
          <MatchLine row={row} />
        </div>
      )}
      <button
        type="button"
        tabIndex={-1}
        aria-hidden
        title="Peek (space)"
        onClick={onPeek}
        className="absolute top-1 right-1 hidden size-6 items-center justify-center rounded bg-hover text-ink-muted group-hover:flex hover:text-ink"
      >
        <PanelRightIcon aria-hidden className="size-4" />
      </button>
    </>
  );
}

/** A row of two lines, where there is no room for columns. */
export function RowCard({ app, row }: { app: string; row: Row }) {
  const subject = subjectText(row);
  const second = [row.pipeline, reasonText(row)].filter((text) => text !== '').join(' · ');
  return (
    <div role="gridcell">
      <div className="flex h-[60px] flex-col justify-center">
        <div className="flex items-center gap-3">
          <Link
            href={executionHref(app, row.executionId)}
            prefetch={false}
            aria-label={linkName(row)}
            className={cn('max-w-1/2 shrink-0 font-medium', COVER)}
          >
            <VerdictLabel verdict={executionVerdict(row)} />
          </Link>
          <span className="min-w-0 flex-1 truncate text-ink-muted">{subject}</span>
          <RelativeTime iso={row.at} className="shrink-0 text-xs text-ink-faint" />
        </div>
        <div className="flex items-center gap-3 text-xs text-ink-muted">
          <span className="min-w-0 flex-1 truncate">{second}</span>
          <span className="shrink-0">{formatDuration(row.durationMs)}</span>
        </div>
      </div>
      <MatchLine row={row} />
    </div>
  );
}

export function RowPlaceholder() {
  return (
    <div role="gridcell" className="flex h-full items-center gap-3">
      <Skeleton className="h-3 w-24" />
      <Skeleton className="h-3 flex-1" />
      <Skeleton className="h-3 w-16" />
    </div>
  );
}

function linkName(row: Row): string {
  return [executionVerdict(row).word, restOfName(row, 'outcome')].join(', ');
}

/** What tells an execution from others, but for what its first column shows already. */
function restOfName(row: Row, first: ColumnId): string {
  const ids = ['outcome', 'pipeline', 'subject', 'reason'] as const;
  return ids
    .flatMap((id) => (id === first ? [] : [COLUMNS[id].text(row)]))
    .filter((text) => text !== '')
    .join(', ');
}
