// No native tag is a grid that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import type { ExecutionSort } from '@xray/core';
import { ArrowDownIcon, ArrowUpIcon } from 'lucide-react';
import { useState, type PointerEvent } from 'react';
import { cn } from '@/lib/cn';
import { WIDTH_STEP_PX, clampWidth, moveColumn, type ColumnWidths } from './column-layout';
import { COLUMNS, type ColumnId } from './columns';

export interface TableHeadProps {
  columns: readonly ColumnId[];
  widths: ColumnWidths;
  sort: ExecutionSort;
  onColumns: (columns: ColumnId[]) => void;
  /** Null resets the width. */
  onWidth: (id: ColumnId, widthPx: number | null) => void;
  onSort: (sort: ExecutionSort) => void;
}

/** The head's cells. A click sorts, a drag moves, and the edge or its arrow keys resize. */
export function TableHead({ columns, widths, sort, onColumns, onWidth, onSort }: TableHeadProps) {
  const [dragged, setDragged] = useState<ColumnId | null>(null);
  const [over, setOver] = useState<ColumnId | null>(null);
  return columns.map((id, index) => {
    const column = COLUMNS[id];
    const direction = directionOf(sort, column.sort);
    return (
      <div
        key={id}
        role="columnheader"
        aria-sort={column.sort === undefined ? undefined : direction}
        className={cn(
          'relative h-full min-w-0',
          over === id && dragged !== id && 'bg-accent-soft',
          dragged === id && 'opacity-50',
        )}
      >
        {/* For the keyboard, the column menu does the same. */}
        <div
          draggable
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = 'move';
            event.dataTransfer.setData('text/plain', id);
            setDragged(id);
          }}
          onDragEnd={() => {
            setDragged(null);
            setOver(null);
          }}
          onDragOver={(event) => {
            if (dragged === null) return;
            event.preventDefault();
            setOver(id);
          }}
          onDrop={(event) => {
            event.preventDefault();
            if (dragged !== null) onColumns(moveColumn(columns, dragged, index));
          }}
          className={cn('flex h-full items-center', column.numeric && 'justify-end')}
        >
          {column.sort === undefined ? (
            <span className="truncate">{column.title}</span>
          ) : (
            <SortButton
              title={column.title}
              numeric={column.numeric === true}
              direction={direction}
              onClick={() => onSort(nextSort(sort, column.sort ?? 'at'))}
            />
          )}
        </div>
        <WidthHandle
          title={column.title}
          widthPx={widths[id] ?? null}
          onWidth={(widthPx) => onWidth(id, widthPx)}
        />
      </div>
    );
  });
}

type Direction = 'ascending' | 'descending' | 'none';

function SortButton({
  title,
  numeric,
  direction,
  onClick,
}: {
  title: string;
  numeric: boolean;
  direction: Direction;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      onClick={onClick}
      className={cn(
        'group flex h-full min-w-6 items-center gap-1 rounded hover:text-ink',
        numeric && 'flex-row-reverse',
        direction !== 'none' && 'font-medium text-ink',
      )}
    >
      <span className="truncate">{title}</span>
      {direction === 'ascending' ? (
        <ArrowUpIcon aria-hidden className="size-3 shrink-0" />
      ) : (
        <ArrowDownIcon
          aria-hidden
          className={cn(
            'size-3 shrink-0',
            direction === 'none' && 'opacity-0 group-hover:opacity-60',
          )}
        />
      )}
    </button>
  );
}

/** The resize handle at a column's right edge, 24 px wide. */
function WidthHandle({
  title,
  widthPx,
  onWidth,
}: {
  title: string;
  widthPx: number | null;
  onWidth: (widthPx: number | null) => void;
}) {
  const start = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const handle = event.currentTarget;
    const startPx = handle.parentElement?.getBoundingClientRect().width ?? 0;
    const startX = event.clientX;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) =>
      onWidth(clampWidth(startPx + moved.clientX - startX));
    const end = () => handle.removeEventListener('pointermove', move);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', end, { once: true });
    handle.addEventListener('pointercancel', end, { once: true });
  };
  return (
    <div
      role="slider"
      aria-orientation="horizontal"
      aria-label={`Width of ${title}`}
      aria-valuemin={clampWidth(0)}
      aria-valuemax={clampWidth(Infinity)}
      aria-valuenow={widthPx ?? 0}
      aria-valuetext={widthPx === null ? 'automatic' : `${widthPx} px`}
      tabIndex={0}
      title="Drag or press the arrow keys to resize, double-click to reset"
      draggable={false}
      onPointerDown={start}
      onDoubleClick={() => onWidth(null)}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -WIDTH_STEP_PX, ArrowRight: WIDTH_STEP_PX }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        const nowPx =
          widthPx ?? event.currentTarget.parentElement?.getBoundingClientRect().width ?? 0;
        onWidth(clampWidth(nowPx + step));
      }}
      className="absolute top-0 -right-[15px] z-10 flex h-full w-6 cursor-col-resize touch-none justify-center after:my-2 after:w-px after:bg-line hover:after:bg-accent focus-visible:after:bg-accent"
    />
  );
}

function directionOf(sort: ExecutionSort, column: string | undefined): Direction {
  if (sort === column) return 'ascending';
  return sort === `-${column}` ? 'descending' : 'none';
}

/** Alternates between descending and ascending. */
function nextSort(sort: ExecutionSort, column: NonNullable<(typeof COLUMNS)[ColumnId]['sort']>) {
  return sort === `-${column}` ? column : (`-${column}` as const);
}
