// No native tag is a grid that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import type { Ref } from 'react';
import { cn } from '@/lib/cn';
import { layOutCard } from './card-layout';
import { gridTemplate, minTableWidthPx } from './column-layout';
import { RowCard, RowCells, RowPlaceholder } from './table-row';
import { TableHead, type TableHeadProps } from './table-head';
import type { RowWindow } from './row-window';
import type { Row } from './use-execution-list';

export const HEAD_PX = 32;
const GAP_PX = 12;
const PADDING_PX = 32;

interface ExecutionsTableProps extends TableHeadProps {
  app: string;
  /** The ref of the scrolling element. */
  gridRef: Ref<HTMLDivElement>;
  wide: boolean;
  /** Undefined while the row loads. */
  rowAt: (index: number) => Row | undefined;
  rowPx: number;
  /** The number of rows. `isWhole` if there are no more. */
  count: number;
  isWhole: boolean;
  /** The number of rows at the top that arrived while the page was open. */
  arrivedCount: number;
  window: RowWindow;
  active: number;
  peek: string | null;
  isBusy: boolean;
  onPeek: (index: number) => void;
}

/** Renders the visible rows and the space of all others. Below 768 px each row is a card. */
export function ExecutionsTable({ gridRef, ...props }: ExecutionsTableProps) {
  const { columns, widths, wide, window, rowPx, count, active } = props;
  const template = gridTemplate(columns, widths);
  const minWidth = wide ? minTableWidthPx(columns, widths, GAP_PX) + PADDING_PX : undefined;
  const card = layOutCard(columns);
  const indexes = Array.from(
    { length: Math.max(0, window.last - window.first + 1) },
    (_, place) => window.first + place,
  );
  return (
    <div
      ref={gridRef}
      role="grid"
      aria-label="Executions"
      aria-rowcount={props.isWhole ? count + 1 : -1}
      aria-colcount={columns.length}
      aria-activedescendant={
        active >= window.first && active <= window.last ? `execution-row-${active}` : undefined
      }
      aria-busy={props.isBusy}
      tabIndex={0}
      className="peer relative min-h-0 flex-1 overflow-auto overscroll-contain outline-none print:overflow-visible"
    >
      <div
        role="rowgroup"
        className={cn('sticky top-0 z-10', !wide && 'sr-only')}
        style={{ minWidth }}
      >
        <div
          role="row"
          aria-rowindex={1}
          className="grid items-center gap-x-3 border-b border-line bg-panel px-4 text-xs text-ink-muted"
          style={{ gridTemplateColumns: template, height: HEAD_PX }}
        >
          <TableHead
            columns={columns}
            widths={widths}
            sort={props.sort}
            onColumns={props.onColumns}
            onWidth={props.onWidth}
            onSort={props.onSort}
          />
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: count * rowPx, minWidth }}>
        {indexes.map((index) => {
          const row = props.rowAt(index);
          const isActive = index === active;
          return (
            <div
              key={row?.executionId ?? index}
              id={`execution-row-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={isActive}
              className={cn(
                'group absolute inset-x-0 top-0 border-b border-line px-4 text-sm hover:bg-hover',
                index < props.arrivedCount && 'row-arrived',
                row !== undefined && row.executionId === props.peek && 'bg-hover',
                isActive && 'bg-accent-soft hover:bg-accent-soft',
              )}
              style={{ height: rowPx, transform: `translateY(${index * rowPx}px)` }}
            >
              {row === undefined ? (
                <RowPlaceholder />
              ) : wide ? (
                <RowCells
                  app={props.app}
                  row={row}
                  columns={columns}
                  template={template}
                  onPeek={() => props.onPeek(index)}
                />
              ) : (
                <RowCard app={props.app} row={row} layout={card} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
