// A focusable separator is a widget (WAI-ARIA 1.2), and no native tag is one.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { useEffect, useState, type KeyboardEvent, type RefObject } from 'react';
import { store, useStored } from '@/lib/preferences';

const MIN_PERCENT = 20;
const MAX_PERCENT = 75;
const DEFAULT_PERCENT = 42;
const STEP_PERCENT = 2;
const PAGE_PERCENT = 10;

/**
 * Divides two panels that lie side by side. It sets the right panel's width as `--split` on the panels' parent. The
 * browser remembers it. See https://www.w3.org/WAI/ARIA/apg/patterns/windowsplitter/.
 */
export function Splitter({
  of,
  name,
  storedAs,
}: {
  of: RefObject<HTMLElement | null>;
  name: string;
  storedAs: string;
}) {
  const stored = Number(useStored(storedAs) ?? DEFAULT_PERCENT);
  const [dragged, setDragged] = useState<number | null>(null);
  const percent = dragged ?? clamp(stored);
  useEffect(() => {
    of.current?.style.setProperty('--split', `${percent}%`);
  }, [of, percent]);
  const set = (next: number) => store(storedAs, String(clamp(next)));
  const moves: Record<string, () => void> = {
    ArrowLeft: () => set(percent + STEP_PERCENT),
    ArrowRight: () => set(percent - STEP_PERCENT),
    PageUp: () => set(percent + PAGE_PERCENT),
    PageDown: () => set(percent - PAGE_PERCENT),
    Home: () => set(MAX_PERCENT),
    End: () => set(MIN_PERCENT),
    Enter: () => set(DEFAULT_PERCENT),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };
  const percentAt = (clientX: number): number => {
    const box = of.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return percent;
    return clamp(((box.right - clientX) / box.width) * 100);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={name}
      aria-valuenow={Math.round(percent)}
      aria-valuemin={MIN_PERCENT}
      aria-valuemax={MAX_PERCENT}
      title="Drag to resize, double-click to reset"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="w-1.5 shrink-0 cursor-col-resize touch-none border-l border-line hover:bg-accent-soft focus-visible:bg-accent-soft"
      onKeyDown={onKeyDown}
      onDoubleClick={() => set(DEFAULT_PERCENT)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(percent);
      }}
      onPointerMove={(event) => {
        if (dragged !== null) setDragged(percentAt(event.clientX));
      }}
      onPointerUp={() => {
        if (dragged !== null) set(dragged);
        setDragged(null);
      }}
      onPointerCancel={() => setDragged(null)}
    />
  );
}

function clamp(percent: number): number {
  if (!Number.isFinite(percent)) return DEFAULT_PERCENT;
  return Math.min(MAX_PERCENT, Math.max(MIN_PERCENT, percent));
}
