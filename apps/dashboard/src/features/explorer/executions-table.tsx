// A grid of which only the seen rows are in the page cannot be made of the native tags.
/* oxlint-disable jsx-a11y/prefer-tag-over-role, react/incompatible-library */
'use client';

import type { ExecutionSummary } from '@xray/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useCallback, useRef, useState } from 'react';
import { RelativeTime } from '@/components/time';
import { VerdictLabel } from '@/components/verdict-mark';
import { useWide } from '@/lib/browser-state';
import { cn } from '@/lib/cn';
import { formatDuration } from '@/lib/format';
import { useHotkeys } from '@/lib/hotkeys';
import { executionHref } from '@/lib/links';
import { executionVerdict } from '@/lib/verdict';
import { COLUMNS, reasonText, subjectText, type ColumnId } from './columns';

const ROW_PX = 32;
const CARD_PX = 60;
const HEAD_PX = 32;
const PAGE_ROWS = 20;
const NEAR_END_ROWS = 30;

interface ExecutionsTableProps {
  app: string;
  rows: readonly ExecutionSummary[];
  columns: readonly ColumnId[];
  hasMore: boolean;
  onNearEnd: () => void;
}

/**
 * The list, of which only what is seen is in the page. j and k (or the arrows) move, Enter opens; below
 * 768 px each row is a card of two lines.
 */
export function ExecutionsTable({ app, rows, columns, hasMore, onNearEnd }: ExecutionsTableProps) {
  const router = useRouter();
  const wide = useWide();
  const scrollRef = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const headPx = wide ? HEAD_PX : 0;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => (wide ? ROW_PX : CARD_PX),
    getItemKey: useCallback((index: number) => rows[index]?.executionId ?? index, [rows]),
    scrollMargin: headPx,
    scrollPaddingStart: headPx,
    overscan: 12,
    onChange: (instance) => {
      const last = instance.range?.endIndex ?? 0;
      if (hasMore && last >= rows.length - NEAR_END_ROWS) onNearEnd();
    },
  });

  const move = (target: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, target));
    setActive(next);
    virtualizer.scrollToIndex(next);
    if (hasMore && next >= rows.length - NEAR_END_ROWS) onNearEnd();
  };
  const open = () => {
    const row = rows[active];
    if (row !== undefined) router.push(executionHref(app, row.executionId));
  };
  const down = () => move(active + 1);
  const up = () => move(active - 1);
  useHotkeys({
    j: down,
    k: up,
    ArrowDown: down,
    ArrowUp: up,
    PageDown: () => move(active + PAGE_ROWS),
    PageUp: () => move(active - PAGE_ROWS),
    Home: () => move(0),
    End: () => move(rows.length - 1),
    ...(active >= 0 ? { o: open } : {}),
  });

  const template = columns.map((id) => COLUMNS[id].width).join(' ');
  const items = virtualizer.getVirtualItems();
  const activeShown = items.some((item) => item.index === active);

  return (
    <div
      ref={scrollRef}
      role="grid"
      aria-label="Executions"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={activeShown ? `execution-row-${active}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.target === event.currentTarget) open();
      }}
      className="relative min-h-0 flex-1 overflow-auto focus-visible:-outline-offset-2 print:overflow-visible"
    >
      <div role="rowgroup" className={cn('sticky top-0 z-10 md:min-w-[44rem]', !wide && 'sr-only')}>
        <div
          role="row"
          aria-rowindex={1}
          className="grid items-center gap-x-3 border-b border-line bg-panel px-4 text-xs text-ink-muted"
          style={{ gridTemplateColumns: template, height: HEAD_PX }}
        >
          {columns.map((id) => (
            <div
              key={id}
              role="columnheader"
              className={cn('truncate', COLUMNS[id].numeric && 'text-right')}
            >
              {COLUMNS[id].title}
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className="relative md:min-w-[44rem]"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const isActive = item.index === active;
          return (
            <div
              key={item.key}
              id={`execution-row-${item.index}`}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={isActive}
              className={cn(
                'absolute inset-x-0 top-0 border-b border-line text-sm hover:bg-hover',
                wide && 'grid items-center gap-x-3 px-4',
                isActive && 'bg-accent-soft hover:bg-accent-soft',
              )}
              style={{
                height: item.size,
                transform: `translateY(${item.start - headPx}px)`,
                ...(wide ? { gridTemplateColumns: template } : {}),
              }}
            >
              {wide ? (
                <RowCells app={app} row={row} columns={columns} />
              ) : (
                <Card app={app} row={row} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

// The link of the first cell covers its whole row; the other cells let it through, but for their title.
const COVER = 'static after:absolute after:inset-0';

function RowCells({
  app,
  row,
  columns,
}: {
  app: string;
  row: ExecutionSummary;
  columns: readonly ColumnId[];
}) {
  return columns.map((id, index) => {
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
            aria-label={linkName(row)}
            className={COVER}
          >
            {content}
          </Link>
        ) : id === 'time' ? (
          <span className="relative">{content}</span>
        ) : (
          content
        )}
      </div>
    );
  });
}

function Card({ app, row }: { app: string; row: ExecutionSummary }) {
  const subject = subjectText(row);
  const second = [row.pipeline, reasonText(row)].filter((text) => text !== '').join(' · ');
  return (
    <div role="gridcell" className="flex h-full flex-col justify-center px-4">
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
  );
}

function linkName(row: ExecutionSummary): string {
  return [executionVerdict(row).word, row.pipeline, subjectText(row), reasonText(row)]
    .filter((text) => text !== '')
    .join(', ');
}
