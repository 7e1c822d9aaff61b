'use client';

import { useCallback, useRef, useState } from 'react';

/** Rows of equal height. `first` to `last` (inclusive) are rendered; none if last < first. */
export interface RowWindow {
  first: number;
  last: number;
  atTop: boolean;
}

interface Viewport {
  scrollTop: number;
  heightPx: number;
}

const OVERSCAN_ROWS = 12;

/** Takes constant time and memory, since all rows have one height. */
export function rowWindow(
  { scrollTop, heightPx }: Viewport,
  rowPx: number,
  count: number,
): RowWindow {
  const first = Math.floor(Math.max(0, scrollTop) / rowPx) - OVERSCAN_ROWS;
  const last = Math.ceil((Math.max(0, scrollTop) + heightPx) / rowPx) + OVERSCAN_ROWS;
  return {
    first: Math.max(0, Math.min(first, count - 1)),
    last: Math.min(count - 1, last),
    atTop: scrollTop < rowPx / 2,
  };
}

/** The nearest scroll position that shows the whole row. */
export function scrollTopFor(
  row: number,
  { scrollTop, heightPx }: Viewport,
  rowPx: number,
  headPx: number,
): number {
  const top = row * rowPx;
  if (top < scrollTop) return top;
  const bottom = top + rowPx + headPx;
  return bottom > scrollTop + heightPx ? bottom - heightPx : scrollTop;
}

/** The visible rows of a scrolling element, which gets `ref`. Renders only when other rows become visible. */
export function useRowWindow({
  rowPx,
  headPx,
  count,
  initialScrollTop,
  onScroll,
}: {
  rowPx: number;
  headPx: number;
  count: number;
  initialScrollTop: number;
  /** A stable function. */
  onScroll: (scrollTop: number) => void;
}) {
  const elementRef = useRef<HTMLElement | null>(null);
  const toRestore = useRef<number | null>(initialScrollTop);
  // Rounded to rows, so scrolling within a row renders nothing.
  const [viewport, setViewport] = useState<Viewport>({ scrollTop: initialScrollTop, heightPx: 0 });

  const ref = useCallback(
    (element: HTMLElement | null) => {
      elementRef.current = element;
      if (element === null) return;
      const measure = () => {
        const scrollTop = Math.floor(element.scrollTop / rowPx) * rowPx;
        const heightPx = element.clientHeight;
        setViewport((old) =>
          old.scrollTop === scrollTop && old.heightPx === heightPx ? old : { scrollTop, heightPx },
        );
      };
      const scrolled = () => {
        measure();
        onScroll(element.scrollTop);
      };
      if (toRestore.current !== null) element.scrollTop = toRestore.current;
      toRestore.current = null;
      measure();
      const observer = new ResizeObserver(measure);
      observer.observe(element);
      element.addEventListener('scroll', scrolled, { passive: true });
      return () => {
        observer.disconnect();
        element.removeEventListener('scroll', scrolled);
      };
    },
    [rowPx, onScroll],
  );

  const scrollToRow = (row: number) => {
    const element = elementRef.current;
    if (element === null) return;
    const { scrollTop, clientHeight: heightPx } = element;
    element.scrollTop = scrollTopFor(row, { scrollTop, heightPx }, rowPx, headPx);
  };

  const scrollToTop = () => {
    if (elementRef.current !== null) elementRef.current.scrollTop = 0;
  };

  return { ref, window: rowWindow(viewport, rowPx, count), scrollToRow, scrollToTop };
}
