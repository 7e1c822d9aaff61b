// No native tag is a tree that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role, react/incompatible-library */
'use client';

import type { Json, Mark } from '@xray/core';
import { stringifyJson } from '@xray/core/exact-json';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronRightIcon } from 'lucide-react';
import { useDeferredValue, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import { CopyButton } from '@/components/copy-button';
import { useWide } from '@/lib/browser-state';
import { cn } from '@/lib/cn';
import { useElementWidth } from '@/lib/element-width';
import { initiallyOpen, jsonRows, openWithin, readablePath, type JsonRow } from './json-rows';
import { RowMarks, RowText } from './json-row-text';
import { JsonSearchBar } from './json-search-bar';
import { idsToOpen, searchJson } from './json-search';
import { placeMarks } from './marks';

const ROW_PX = 24;
/** The height of a row on touch screens. */
const TOUCH_ROW_PX = 40;
const INDENT_PX = 14;
const MAX_INDENTS = 14;
const CHAR_PX = 7.4;
const MIN_LINE = 24;
const MAX_LINE = 240;
const PAGE_ROWS = 15;
const OPEN_ALL_ROWS = 5_000;

interface JsonTreeProps {
  value: Json;
  /** The name of the value: the start of every copied path. */
  name: string;
  /** JSON Pointer of the value in the snapshot. */
  basePointer: string;
  marks: readonly Mark[];
}

/**
 * A JSON value as a tree that renders only the visible lines. Arrows move and open, Enter opens,
 * `/` searches. The bar below copies the value of the active line.
 */
export function JsonTree({ value, name, basePointer, marks }: JsonTreeProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => initiallyOpen(value, basePointer));
  const [activeId, setActiveId] = useState<string>(basePointer);
  const [text, setText] = useState('');
  const wide = useWide();
  const scrollRef = useRef<HTMLDivElement>(null);
  const searchRef = useRef<HTMLInputElement>(null);
  const [widthRef, widthPx] = useElementWidth<HTMLDivElement>();
  const lineLength = Math.max(MIN_LINE, Math.min(MAX_LINE, Math.floor((widthPx - 90) / CHAR_PX)));
  const rows = useMemo(
    () => jsonRows(value, { open, basePointer, lineLength }),
    [value, open, basePointer, lineLength],
  );
  const placed = useMemo(() => placeMarks(value, basePointer, marks), [value, basePointer, marks]);
  const searched = useDeferredValue(text);
  const matches = useMemo(
    () => searchJson(value, basePointer, searched),
    [value, basePointer, searched],
  );
  const matching = useMemo(() => new Set(matches), [matches]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: (index) => (wide || rows[index]?.open === null ? ROW_PX : TOUCH_ROW_PX),
    overscan: 12,
    paddingStart: 6,
    paddingEnd: 6,
  });

  const activeIndex = rows.findIndex((row) => row.id === activeId);
  const active = rows[activeIndex] ?? rows[0];
  const goTo = (index: number) => {
    const target = Math.max(0, Math.min(rows.length - 1, index));
    setActiveId(rows[target]?.id ?? basePointer);
    virtualizer.scrollToIndex(target);
  };
  /** Opens the path to the next match after the last visited one, and wraps around the ends. */
  const goToMatch = (direction: 1 | -1) => {
    const at = matches.indexOf(active?.pointer ?? '');
    const from = at < 0 && direction < 0 ? 0 : at;
    const pointer = matches.at((from + direction) % matches.length);
    if (pointer === undefined) return;
    const next = new Set([...open, ...idsToOpen(value, basePointer, pointer)]);
    // The row must exist before the page can scroll to it.
    flushSync(() => {
      setOpen(next);
      setActiveId(pointer);
    });
    const index = jsonRows(value, { open: next, basePointer, lineLength }).findIndex(
      (row) => row.id === pointer,
    );
    virtualizer.scrollToIndex(index, { align: 'center' });
  };
  const toggle = (row: JsonRow, wanted = row.open === false) => {
    if (row.open === null) return;
    const next = new Set(open);
    if (wanted) next.add(row.id);
    else next.delete(row.id);
    setOpen(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || active === undefined) return;
    const actions: Record<string, () => void> = {
      ArrowDown: () => goTo(activeIndex + 1),
      ArrowUp: () => goTo(activeIndex - 1),
      PageDown: () => goTo(activeIndex + PAGE_ROWS),
      PageUp: () => goTo(activeIndex - PAGE_ROWS),
      Home: () => goTo(0),
      End: () => goTo(rows.length - 1),
      ArrowRight: () => (active.open === false ? toggle(active, true) : goTo(activeIndex + 1)),
      ArrowLeft: () => {
        if (active.open === true) return toggle(active, false);
        const outer = rows.findLastIndex(
          (row, index) => index < activeIndex && row.depth < active.depth,
        );
        goTo(outer);
      },
      Enter: () => toggle(active),
      '/': () => searchRef.current?.focus(),
      n: () => goToMatch(1),
      N: () => goToMatch(-1),
      ' ': () => toggle(active),
      '*': () =>
        setOpen(new Set([...open, ...openWithin(active.value, active.pointer, OPEN_ALL_ROWS)])),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };

  const items = virtualizer.getVirtualItems();
  const activeShown = items.some((item) => item.index === activeIndex);
  return (
    <div ref={widthRef} className="flex h-full min-h-0 flex-col print:block print:h-auto">
      {rows.length > 1 || active?.open !== null ? (
        <JsonSearchBar
          inputRef={searchRef}
          name={name}
          text={text}
          onText={setText}
          // The search for the text in the field has not run yet.
          place={
            text === searched
              ? { at: matches.indexOf(active?.pointer ?? ''), of: matches.length }
              : null
          }
          onStep={goToMatch}
          onLeave={() => scrollRef.current?.focus()}
        />
      ) : null}
      <div
        ref={scrollRef}
        role="tree"
        aria-label={`${name} as a tree`}
        tabIndex={0}
        aria-activedescendant={activeShown ? rowId(basePointer, activeIndex) : undefined}
        onKeyDown={onKeyDown}
        className="min-h-0 flex-1 overflow-auto focus-visible:-outline-offset-2"
      >
        <div role="none" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              // Keys are handled by the tree, which keeps the focus and names the active row.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={row.id}
                id={rowId(basePointer, item.index)}
                role="treeitem"
                tabIndex={-1}
                aria-level={row.depth + 1}
                aria-expanded={row.open ?? undefined}
                aria-selected={item.index === activeIndex}
                onClick={() => {
                  setActiveId(row.id);
                  toggle(row);
                }}
                className={cn(
                  'text-mono absolute top-0 left-0 flex min-w-full items-center gap-1 pr-3 whitespace-pre hover:bg-hover',
                  item.index === activeIndex && 'bg-hover',
                  matching.has(row.id) && 'bg-warn-soft',
                  matching.has(row.id) &&
                    item.index === activeIndex &&
                    'outline outline-1 -outline-offset-1 outline-line-strong',
                  row.open !== null && 'cursor-pointer',
                )}
                style={{
                  height: item.size,
                  transform: `translateY(${item.start}px)`,
                  paddingLeft: 8 + Math.min(row.depth, MAX_INDENTS) * INDENT_PX,
                }}
              >
                <ChevronRightIcon
                  aria-hidden
                  className={cn(
                    'size-3.5 shrink-0 text-ink-faint',
                    row.open === true && 'rotate-90',
                    row.open === null && 'invisible',
                  )}
                />
                <RowText row={row} name={name} previewLength={lineLength}>
                  <RowMarks
                    row={row}
                    at={placed.at.get(row.pointer)}
                    within={placed.within.get(row.pointer)}
                  />
                </RowText>
              </div>
            );
          })}
        </div>
      </div>
      {active === undefined ? null : (
        <div className="flex h-8 shrink-0 items-center gap-1 border-t border-line px-3 print:hidden">
          <code className="text-mono min-w-0 flex-1 truncate text-ink-muted">
            {readablePath(active.pointer, basePointer, name, value)}
          </code>
          <CopyButton
            text={() => readablePath(active.pointer, basePointer, name, value)}
            label="Copy path"
            withLabel
          />
          <CopyButton text={() => copyable(valueAt(rows, active))} label="Copy value" withLabel />
        </div>
      )}
    </div>
  );
}

function rowId(basePointer: string, index: number): string {
  return `json${basePointer.replace(/[^\w-]/g, '-')}-${index}`;
}

/** The whole string for a line of a long string. */
function valueAt(rows: readonly JsonRow[], row: JsonRow): Json {
  return rows.find((each) => each.id === row.pointer)?.value ?? row.value;
}

function copyable(value: Json): string {
  return typeof value === 'string' ? value : stringifyJson(value, undefined, 2);
}
