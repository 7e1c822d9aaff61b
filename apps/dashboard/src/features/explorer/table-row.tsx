// No native tag is a grid that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { PanelRightIcon } from 'lucide-react';
import Link from 'next/link';
import { Fragment } from 'react';
import { Skeleton } from '@/components/ui/skeleton';
import { cn } from '@/lib/cn';
import { asRecorded, nameWithCode, useNames, type Names } from '@/lib/dictionary';
import { executionHref } from '@/lib/links';
import { executionWords } from '@/lib/outcomes';
import { cardPx, type CardLayout } from './card-layout';
import { COLUMNS, type ColumnId } from './columns';
import { MatchLine } from './match-line';
import type { Row } from './use-execution-list';

// The link of the first cell covers the whole row.
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
  const names = useNames();
  return (
    <>
      <div className="grid h-8 items-center gap-x-3" style={{ gridTemplateColumns: template }}>
        {columns.map((id, index) => {
          const column = COLUMNS[id];
          const text = column.text(row, names);
          const content = column.node?.(row) ?? text;
          return (
            <div
              key={id}
              role="gridcell"
              title={text === '' ? undefined : nameWithCode(text, column.text(row, asRecorded))}
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
                  aria-label={id === 'outcome' ? linkName(row, names) : undefined}
                  className={COVER}
                >
                  {content}
                  {id === 'outcome' ? null : (
                    <span className="sr-only">, {restOfName(row, id, names)}</span>
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
        title="Preview (space)"
        onClick={onPeek}
        className="absolute top-1 right-1 hidden size-6 items-center justify-center rounded bg-hover text-ink-muted group-hover:flex hover:text-ink"
      >
        <PanelRightIcon aria-hidden className="size-4" />
      </button>
    </>
  );
}

/** A row as lines, for narrow screens. */
export function RowCard({ app, row, layout }: { app: string; row: Row; layout: CardLayout }) {
  const names = useNames();
  const { lead, beside, when, figure, second, more } = layout;
  const details = second.filter((id) => isSaid(id, row));
  const placed = [lead, beside, when, figure, ...second, ...more.flat()];
  return (
    <div role="gridcell">
      <div className="flex flex-col justify-center" style={{ height: cardPx(layout) }}>
        <div className="flex items-center gap-3">
          <Link
            href={executionHref(app, row.executionId)}
            prefetch={false}
            aria-label={linkName(row, names)}
            className={cn('max-w-1/2 shrink-0 truncate font-medium', COVER)}
          >
            <Content id={lead} row={row} />
          </Link>
          <span className="min-w-0 flex-1 truncate text-ink-muted">
            {beside === null ? null : <Content id={beside} row={row} />}
          </span>
          {when === null ? null : (
            <span className="shrink-0 text-xs text-ink-faint">
              <Content id={when} row={row} />
            </span>
          )}
        </div>
        <div className="flex h-5 items-center gap-3 text-xs text-ink-muted">
          <span className="min-w-0 flex-1 truncate">
            {details.map((id, index) => (
              <Fragment key={id}>
                {index === 0 ? null : ' · '}
                <Content id={id} row={row} />
              </Fragment>
            ))}
          </span>
          {placed.includes('environment') ? null : (
            <span className="max-w-24 shrink-0 truncate text-ink-faint" title="Environment">
              {row.environment}
            </span>
          )}
          {figure === null ? null : (
            <span className="shrink-0">
              <Content id={figure} row={row} />
            </span>
          )}
        </div>
        {more.map((line) => (
          <div key={line[0]} className="grid h-5 grid-cols-2 items-center gap-3 text-xs">
            {line.map((id) => (
              <span key={id} className="flex min-w-0 items-center gap-1.5 text-ink-muted">
                <span className="shrink-0 text-ink-faint">{COLUMNS[id].title}</span>
                <span className="min-w-0 truncate">
                  {isSaid(id, row) ? <Content id={id} row={row} /> : '–'}
                </span>
              </span>
            ))}
          </div>
        ))}
      </div>
      <MatchLine row={row} />
    </div>
  );
}

function isSaid(id: ColumnId, row: Row): boolean {
  return COLUMNS[id].node !== undefined || COLUMNS[id].text(row, asRecorded) !== '';
}

function Content({ id, row }: { id: ColumnId; row: Row }) {
  const names = useNames();
  const { node, text } = COLUMNS[id];
  return node?.(row) ?? text(row, names);
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

function linkName(row: Row, names: Names): string {
  return [executionWords(row, names), restOfName(row, 'outcome', names)].join(', ');
}

/** The rest of an execution's accessible name, without its first column. */
function restOfName(row: Row, first: ColumnId, names: Names): string {
  const ids = ['outcome', 'pipeline', 'subject', 'reason'] as const;
  return ids
    .flatMap((id) => (id === first ? [] : [COLUMNS[id].text(row, names)]))
    .filter((text) => text !== '')
    .join(', ');
}
