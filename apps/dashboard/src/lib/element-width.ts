'use client';

import { useCallback, useState } from 'react';

/** The current width of an element in px; 0 before it is in the page. */
export function useElementWidth<T extends Element>(): [(element: T | null) => void, number] {
  const [widthPx, setWidthPx] = useState(0);
  const ref = useCallback((element: T | null) => {
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidthPx(entry.contentRect.width);
    });
    observer.observe(element);
    setWidthPx(element.getBoundingClientRect().width);
    return () => observer.disconnect();
  }, []);
  return [ref, widthPx];
}
