'use client';

import type { Snapshot, Step } from '@xray/core';
import { useCallback, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import { useNames } from '@/lib/dictionary';
import { useElementWidth } from '@/lib/element-width';
import { useHotkeys } from '@/lib/hotkeys';
import { TimelineAxis } from './timeline-axis';
import { TimelineRows, type RowsHandle } from './timeline-rows';
import { TimelineToolbar } from './timeline-toolbar';
import { foldSteps } from './folded-steps';
import { ancestorIndices, visiblePositions } from './step-tree';
import { isDecisive, isFailed, matchesText, nextMatch } from './step-search';
import { layoutSpans, zoomWindow, type TimeWindow } from './waterfall';

const NAME_SHARE = 0.42;
const NAME_MIN_PX = 150;
const NAME_MAX_PX = 360;
const PAGE_ROWS = 15;

interface TimelineProps {
  snapshot: Pick<Snapshot, 'startedAt' | 'sentAt' | 'durationMs' | 'status' | 'decision'>;
  steps: readonly Step[];
  /** The index of the inspected step. */
  selected: number | null;
  /** `moved` means that a key moved the selection. The browser's history gets no entry for it. */
  onSelect: (index: number, how: 'chosen' | 'moved') => void;
}

/** The steps as a waterfall: a tree of names at the left, their times at the right. */
export function Timeline({ snapshot, steps: recorded, selected, onSelect }: TimelineProps) {
  const { decision } = snapshot;
  const names = useNames();
  const { steps, tree, folds } = useMemo(
    () => foldSteps(recorded, (step) => isDecisive(step, decision), names),
    [recorded, decision, names],
  );
  const layout = useMemo(() => layoutSpans(snapshot, steps, tree), [snapshot, steps, tree]);
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  // Folds start closed, except around the step that is shown.
  const [openFolds, setOpenFolds] = useState<ReadonlySet<number>>(() => {
    const position = tree.nodes.findIndex((node) => node.index === selected);
    return new Set(ancestorIndices(tree, position).map((index) => folds.get(index) ?? -1));
  });
  const collapsed = useMemo(() => {
    const shut = [...folds].filter(([, first]) => !openFolds.has(first)).map(([index]) => index);
    return new Set([...closed, ...shut]);
  }, [closed, folds, openFolds]);
  /** The active row if it is a fold. If null, the active row is the step in the inspector. */
  const [activeFold, setActiveFold] = useState<number | null>(null);
  const active = activeFold !== null && folds.has(activeFold) ? activeFold : selected;
  const [zoom, setZoom] = useState<TimeWindow | null>(null);
  const [text, setText] = useState('');
  const positions = useMemo(() => visiblePositions(tree, collapsed), [tree, collapsed]);
  const rowsRef = useRef<RowsHandle>(null);
  const searchRef = useRef<HTMLInputElement>(null);
  const [widthRef, widthPx] = useElementWidth<HTMLDivElement>();

  const window = useMemo(
    () => zoom ?? { fromMs: 0, toMs: layout.extentMs },
    [zoom, layout.extentMs],
  );
  const namePx = Math.round(Math.min(NAME_MAX_PX, Math.max(NAME_MIN_PX, widthPx * NAME_SHARE)));
  const trackPx = Math.max(0, widthPx - namePx - 24);
  const activeRow = positions.findIndex((position) => tree.nodes[position]?.index === active);

  const decisive = useMemo(
    () => new Set(steps.filter((step) => isDecisive(step, decision))),
    [steps, decision],
  );
  const decides = (step: Step) => decisive.has(step);
  const recordedSteps = useMemo(() => new Set(recorded), [recorded]);
  const isRecorded = (step: Step) => recordedSteps.has(step);

  const toggle = useCallback(
    (index: number) => {
      const fold = folds.get(index);
      const flip = (old: ReadonlySet<number>) => {
        const next = new Set(old);
        if (!next.delete(fold ?? index)) next.add(fold ?? index);
        return next;
      };
      if (fold === undefined) setClosed(flip);
      else setOpenFolds(flip);
    },
    [folds],
  );
  const select = useCallback(
    (index: number, how: 'chosen' | 'moved') => {
      const isFold = folds.has(index);
      setActiveFold(isFold ? index : null);
      if (!isFold) onSelect(index, how);
      else if (how === 'chosen') toggle(index);
    },
    [folds, onSelect, toggle],
  );
  const goToRow = (row: number) => {
    const target = Math.max(0, Math.min(positions.length - 1, row));
    const node = tree.nodes[positions[target] ?? -1];
    if (node === undefined) return;
    rowsRef.current?.scrollToRow(target);
    select(node.index, 'moved');
  };
  /** Selects a node and unfolds the steps around it. */
  const goToPosition = (position: number | null) => {
    const node = position === null ? undefined : tree.nodes[position];
    if (position === null || node === undefined) return;
    const around = ancestorIndices(tree, position);
    const isOutside = (index: number) => !around.includes(index);
    // The row must exist before it can be scrolled to.
    flushSync(() => {
      setClosed(new Set([...closed].filter(isOutside)));
      setOpenFolds(new Set([...openFolds, ...around.map((index) => folds.get(index) ?? -1)]));
    });
    const opened = new Set([...collapsed].filter(isOutside));
    rowsRef.current?.scrollToRow(visiblePositions(tree, opened).indexOf(position));
    select(node.index, 'moved');
  };
  const activePosition = positions[activeRow] ?? -1;
  const jump = (matches: (step: Step) => boolean, direction: 1 | -1) =>
    goToPosition(nextMatch(tree, steps, matches, activePosition, direction));
  const isFound = (step: Step) => matchesText(step, text, names('steps', step.name));
  const jumpToText = (direction: 1 | -1) => {
    if (text.trim() !== '') jump((step) => isRecorded(step) && isFound(step), direction);
  };

  const zoomBy = (factor: number, aroundMs = (window.fromMs + window.toMs) / 2) => {
    const next = zoomWindow(window, factor, aroundMs, layout.extentMs);
    setZoom(next.toMs - next.fromMs >= layout.extentMs ? null : next);
  };

  const node = tree.nodes[activePosition];
  const nested = node !== undefined && node.endPosition > activePosition + 1;
  const isCollapsed = node !== undefined && collapsed.has(node.index);
  const moves: Record<string, () => void> = {
    ArrowDown: () => goToRow(activeRow + 1),
    ArrowUp: () => goToRow(activeRow - 1),
    PageDown: () => goToRow(activeRow + PAGE_ROWS),
    PageUp: () => goToRow(activeRow - PAGE_ROWS),
    Home: () => goToRow(0),
    End: () => goToRow(positions.length - 1),
    ArrowRight: () => {
      if (nested && isCollapsed) toggle(node.index);
      else if (nested) goToRow(activeRow + 1);
    },
    ArrowLeft: () => {
      if (nested && !isCollapsed) toggle(node.index);
      else if (node !== undefined && node.parentPosition >= 0) goToPosition(node.parentPosition);
    },
    Enter: () => {
      if (node !== undefined) select(node.index, 'chosen');
    },
  };
  // The page has no other use for these keys, so they work wherever the focus is.
  useHotkeys({
    ...moves,
    j: () => goToRow(activeRow + 1),
    k: () => goToRow(activeRow - 1),
    f: () => jump(isFailed, 1),
    F: () => jump(isFailed, -1),
    d: () => jump(decides, 1),
    n: () => jumpToText(1),
    N: () => jumpToText(-1),
    '/': () => searchRef.current?.focus(),
    '+': () => zoomBy(0.5),
    '=': () => zoomBy(0.5),
    '-': () => zoomBy(2),
    '0': () => setZoom(null),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  const failedCount = useMemo(() => steps.filter(isFailed).length, [steps]);
  const matching = useMemo(
    () =>
      text.trim() === ''
        ? null
        : new Set(steps.filter((step) => matchesText(step, text, names('steps', step.name)))),
    [steps, text, names],
  );

  return (
    <div ref={widthRef} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <TimelineToolbar
        searchRef={searchRef}
        text={text}
        onText={setText}
        matchCount={
          matching === null ? null : [...matching].filter((step) => recordedSteps.has(step)).length
        }
        onNextMatch={jumpToText}
        failedCount={failedCount}
        onNextFailed={() => jump(isFailed, 1)}
        decisiveCount={decisive.size}
        onNextDecisive={() => jump(decides, 1)}
        nested={tree.nodes.some((node) => node.depth > 0)}
        allCollapsed={collapsed.size > 0}
        onToggleAll={() => {
          const isOpening = collapsed.size > 0;
          setOpenFolds(new Set(isOpening ? folds.values() : []));
          setClosed(
            new Set(
              isOpening
                ? []
                : tree.nodes
                    .filter((node, position) => node.endPosition > position + 1)
                    .map((node) => node.index)
                    .filter((index) => !folds.has(index)),
            ),
          );
        }}
        zoomed={zoom !== null}
        onZoom={(factor) => (factor === null ? setZoom(null) : zoomBy(factor))}
      />
      <TimelineAxis
        namePx={namePx}
        trackPx={trackPx}
        window={window}
        extentMs={layout.extentMs}
        zoomed={zoom !== null}
        onWindow={setZoom}
      />
      <TimelineRows
        ref={rowsRef}
        steps={steps}
        tree={tree}
        layout={layout}
        positions={positions}
        collapsed={collapsed}
        window={window}
        namePx={namePx}
        trackPx={trackPx}
        activeRow={activeRow}
        selected={active}
        decisive={decisive}
        matching={matching}
        onToggle={toggle}
        onSelect={select}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
