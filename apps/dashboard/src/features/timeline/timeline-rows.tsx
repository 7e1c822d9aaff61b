// No native tag is a tree that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role, react/incompatible-library */
'use client';

import type { Step } from '@xray/core';
import { useVirtualizer, type Range, defaultRangeExtractor } from '@tanstack/react-virtual';
import {
  useCallback,
  useImperativeHandle,
  useRef,
  type KeyboardEventHandler,
  type Ref,
} from 'react';
import { useWide } from '@/lib/browser-state';
import { useNames } from '@/lib/dictionary';
import { slotsFor } from './row-slots';
import { TimelineRow } from './timeline-row';
import type { StepTree } from './step-tree';
import type { SpanLayout, TimeWindow } from './waterfall';

const ROW_PX = 28;
/** The height of a row on touch screens. */
const TOUCH_ROW_PX = 40;
const ROWS_ABOVE = 6;
const OVERSCAN = 10;

export interface RowsHandle {
  scrollToRow: (row: number) => void;
}

interface TimelineRowsProps {
  ref: Ref<RowsHandle>;
  steps: readonly Step[];
  tree: StepTree;
  layout: SpanLayout;
  /** Positions in the tree, one per row. */
  positions: readonly number[];
  collapsed: ReadonlySet<number>;
  window: TimeWindow;
  namePx: number;
  trackPx: number;
  /** The row of the selected step; -1 if it is folded. */
  activeRow: number;
  selected: number | null;
  decisive: ReadonlySet<Step>;
  /** Null without a search. */
  matching: ReadonlySet<Step> | null;
  onToggle: (index: number) => void;
  onSelect: (index: number, how: 'chosen' | 'moved') => void;
  onKeyDown: KeyboardEventHandler;
}

/** Renders the visible rows. Scrolling renders only this component and the new rows. */
export function TimelineRows({
  ref,
  steps,
  tree,
  layout,
  positions,
  collapsed,
  window,
  namePx,
  trackPx,
  activeRow,
  selected,
  decisive,
  matching,
  onToggle,
  onSelect,
  onKeyDown,
}: TimelineRowsProps) {
  const names = useNames();
  const scrollRef = useRef<HTMLDivElement>(null);
  const rowPx = useWide() ? ROW_PX : TOUCH_ROW_PX;
  const virtualizer = useVirtualizer({
    count: positions.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    // A link to a step far down scrolls there at once.
    initialOffset: () => Math.max(0, (activeRow - ROWS_ABOVE) * rowPx),
    // The tree's aria-activedescendant names the selected row, so it is always rendered.
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = defaultRangeExtractor(range);
        return activeRow < 0 || shown.includes(activeRow)
          ? shown
          : [...shown, activeRow].toSorted((a, b) => a - b);
      },
      [activeRow],
    ),
  });
  useImperativeHandle(ref, () => ({ scrollToRow: (row) => virtualizer.scrollToIndex(row) }), [
    virtualizer,
  ]);

  const items = virtualizer.getVirtualItems();
  const seenRows = Math.ceil((virtualizer.scrollRect?.height ?? 0) / rowPx) + 1;
  const slots = slotsFor(
    items.map(({ index }) => index),
    seenRows + 2 * OVERSCAN,
  );
  return (
    <div
      ref={scrollRef}
      role="tree"
      aria-label="Timeline of the steps"
      tabIndex={0}
      aria-activedescendant={activeRow < 0 ? undefined : `step-row-${selected}`}
      onKeyDown={onKeyDown}
      className="min-h-0 flex-1 overflow-x-hidden overflow-y-auto focus-visible:-outline-offset-2 print:overflow-visible"
    >
      <div role="none" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item, place) => {
          const position = positions[item.index] ?? -1;
          const node = tree.nodes[position];
          const step = node === undefined ? undefined : steps[node.index];
          const span = node === undefined ? undefined : layout.spans[node.index];
          if (node === undefined || step === undefined || span === undefined) return null;
          return (
            <TimelineRow
              key={slots[place]}
              step={step}
              name={names('steps', step.name)}
              node={node}
              span={span}
              window={window}
              namePx={namePx}
              trackPx={trackPx}
              topPx={item.start}
              heightPx={rowPx}
              expanded={node.endPosition > position + 1 ? !collapsed.has(node.index) : null}
              selected={node.index === selected}
              decisive={decisive.has(step)}
              dimmed={matching !== null && !matching.has(step)}
              onToggle={onToggle}
              onSelect={onSelect}
            />
          );
        })}
      </div>
    </div>
  );
}
