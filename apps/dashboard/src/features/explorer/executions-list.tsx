'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { useWide } from '@/lib/browser-state';
import { formatCount } from '@/lib/format';
import { useHotkeys } from '@/lib/hotkeys';
import { executionHref } from '@/lib/links';
import { cardPx, layOutCard } from './card-layout';
import { ExecutionsTable, HEAD_PX } from './executions-table';
import { RowsSkeleton } from './explorer-skeleton';
import { rememberList } from './last-list';
import { keepPosition, positionOf } from './list-position';
import { chainQuery, listKey, type ListQuestion } from './list-query';
import { hasMore, rowCount } from './page-chain';
import { useRowWindow } from './row-window';
import type { TableHeadProps } from './table-head';
import { useExecutionList, type Row } from './use-execution-list';

const ROW_PX = 32;
const MATCH_PX = 24;
const PAGE_ROWS = 20;

interface ExecutionsListProps extends Omit<TableHeadProps, 'sort'> {
  question: ListQuestion;
  /** Rows that arrived later and are shown above the list, newest first. */
  arrived: readonly Row[];
  /** Whether rows have a line with the search match. */
  withMatches: boolean;
  peek: string | null;
  /** Resolves when the address has changed. */
  onPeek: (executionId: string | null) => Promise<unknown>;
  onAtTop: (atTop: boolean) => void;
  /** The number of rows held back, and the function that shows them. */
  heldCount: number;
  onShowHeld: () => void;
  /** Shown if the list is empty. */
  empty: ReactNode;
}

/**
 * A list with its states. j and k (or the arrows) move, Enter opens, space opens the preview.
 * Another question needs another `key`.
 */
export function ExecutionsList(props: ExecutionsListProps) {
  const { question, arrived, peek, onAtTop } = props;
  const router = useRouter();
  const wide = useWide();
  const name = JSON.stringify(listKey(question));
  const [start] = useState(() => positionOf(name) ?? { scrollTop: 0, active: null });
  // This is counted from the list's first row, so it stays at its row when others arrive above.
  const [activeRow, setActiveRow] = useState(start.active);
  const active = activeRow === null ? -1 : activeRow + arrived.length;
  const { data: chain } = useQuery(chainQuery(question));
  const more = hasMore(chain);
  const count = arrived.length + rowCount(chain);
  // One more row for the next page.
  const room = count + (more ? 1 : 0);
  const rowPx =
    (wide ? ROW_PX : cardPx(layOutCard(props.columns))) + (props.withMatches ? MATCH_PX : 0);
  const { ref, window, scrollToRow, scrollToTop } = useRowWindow({
    rowPx,
    headPx: wide ? HEAD_PX : 0,
    count: room,
    initialScrollTop: start.scrollTop,
    onScroll: useCallback((scrollTop: number) => keepPosition(name, { scrollTop }), [name]),
  });
  const list = useExecutionList(
    question,
    chain,
    window.first - arrived.length,
    window.last - arrived.length,
  );
  const { atTop } = window;
  useEffect(() => onAtTop(atTop), [atTop, onAtTop]);
  useEffect(() => rememberList(name), [name]);

  // The address changes a moment later. Navigation must wait for it, or the change would undo it.
  const addressWritten = useRef<Promise<unknown>>(Promise.resolve());
  const onPeek = (id: string | null) => {
    addressWritten.current = props.onPeek(id);
  };
  const rowAt = (index: number) =>
    index < arrived.length ? arrived[index] : list.rowAt(index - arrived.length);
  const choose = (index: number | null) => {
    const row = index === null ? null : index - arrived.length;
    setActiveRow(row);
    keepPosition(name, { active: row });
  };
  const move = (target: number) => {
    const next = Math.max(0, Math.min(count - 1, target));
    choose(next);
    scrollToRow(next);
    const row = rowAt(next);
    if (peek !== null && row !== undefined) onPeek(row.executionId);
  };
  const activeId = rowAt(active)?.executionId;
  const open = () => {
    if (activeId === undefined) return;
    const href = executionHref(question.app, activeId);
    void addressWritten.current.then(() => router.push(href));
  };
  const peekAt = (index: number) => {
    const id = rowAt(index)?.executionId;
    if (id === undefined) return;
    choose(index);
    onPeek(peek === id ? null : id);
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
    End: () => move(count - 1),
    ' ': () => peekAt(Math.max(0, active)),
    ...(activeId === undefined ? {} : { o: open, Enter: open }),
    ...(peek === null ? {} : { Escape: () => onPeek(null) }),
  });

  if (count === 0) {
    if (list.error !== null) {
      return (
        <div className="min-h-0 flex-1 overflow-y-auto border-t border-line">
          <ErrorState
            error={list.error}
            title="The executions could not be loaded"
            onRetry={list.retry}
          />
        </div>
      );
    }
    if (more) return <RowsSkeleton />;
    return <div className="min-h-0 flex-1 overflow-y-auto border-t border-line">{props.empty}</div>;
  }
  return (
    <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      <output className="pointer-events-none absolute inset-x-0 top-10 z-20 flex justify-center">
        {props.heldCount === 0 ? null : (
          <Button
            variant="primary"
            size="sm"
            className="pointer-events-auto rounded-full px-3 shadow-lg"
            onClick={() => {
              props.onShowHeld();
              scrollToTop();
              choose(null);
            }}
          >
            {formatCount(props.heldCount)} new
          </Button>
        )}
      </output>
      <ExecutionsTable
        gridRef={ref}
        app={question.app}
        wide={wide}
        columns={props.columns}
        widths={props.widths}
        sort={question.sort}
        onColumns={props.onColumns}
        onWidth={props.onWidth}
        onSort={props.onSort}
        rowAt={rowAt}
        rowPx={rowPx}
        count={room}
        isWhole={!more}
        arrivedCount={arrived.length}
        window={window}
        active={active}
        peek={peek}
        isBusy={list.isFetching}
        onPeek={peekAt}
      />
      {/* The rows would cover an outline of the grid. */}
      <div
        aria-hidden
        className="pointer-events-none absolute inset-0 z-20 hidden border-2 border-accent peer-focus-visible:block"
      />
      {list.error === null ? null : (
        <p
          role="alert"
          className="flex items-center justify-between gap-3 border-t border-line px-4 py-2 text-sm"
        >
          Some executions could not be loaded. The others are shown.
          <Button size="sm" onClick={list.retry}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}
