'use client';

import { useState, type PointerEvent } from 'react';
import { formatDuration } from '@/lib/format';
import { ticksOf, type TimeWindow } from './waterfall';

const TICK_PX = 84;
const MIN_DRAG_PX = 4;

/** The scale above the bars. Dragging over it zooms in. */
export function TimelineAxis({
  namePx,
  trackPx,
  window,
  extentMs,
  zoomed,
  onWindow,
}: {
  namePx: number;
  trackPx: number;
  window: TimeWindow;
  extentMs: number;
  zoomed: boolean;
  onWindow: (window: TimeWindow | null) => void;
}) {
  const [drag, setDrag] = useState<{ fromPx: number; toPx: number } | null>(null);
  const scale = trackPx / (window.toMs - window.fromMs);
  const ticks = ticksOf(window, Math.max(1, Math.floor(trackPx / TICK_PX)));
  const xOf = (event: PointerEvent) =>
    Math.min(
      trackPx,
      Math.max(0, event.clientX - event.currentTarget.getBoundingClientRect().left),
    );

  return (
    <div
      aria-hidden
      className="flex h-7 shrink-0 items-center border-y border-line text-xs text-ink-muted select-none print:hidden"
    >
      <span className="truncate pl-3" style={{ width: namePx }}>
        {zoomed ? `of ${formatDuration(extentMs)}` : 'Step'}
      </span>
      <div
        className="relative h-full cursor-col-resize touch-none"
        style={{ width: trackPx }}
        title={zoomed ? 'Drag to zoom, double-click to reset' : 'Drag to zoom'}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ fromPx: xOf(event), toPx: xOf(event) });
        }}
        onPointerMove={(event) => {
          if (drag !== null) setDrag({ ...drag, toPx: xOf(event) });
        }}
        onPointerUp={() => {
          if (drag !== null && Math.abs(drag.toPx - drag.fromPx) >= MIN_DRAG_PX) {
            const [left, right] = [
              Math.min(drag.fromPx, drag.toPx),
              Math.max(drag.fromPx, drag.toPx),
            ];
            onWindow({ fromMs: window.fromMs + left / scale, toMs: window.fromMs + right / scale });
          }
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
        onDoubleClick={() => onWindow(null)}
      >
        {ticks.map((tick) => (
          <span
            key={tick}
            className="absolute inset-y-0 flex items-center border-l border-line pl-1 whitespace-nowrap"
            style={{ left: (tick - window.fromMs) * scale }}
          >
            {(tick - window.fromMs) * scale < trackPx - 44 ? formatTick(tick) : ''}
          </span>
        ))}
        {drag === null ? null : (
          <span
            className="absolute inset-y-0 bg-accent/25"
            style={{
              left: Math.min(drag.fromPx, drag.toPx),
              width: Math.abs(drag.toPx - drag.fromPx),
            }}
          />
        )}
      </div>
    </div>
  );
}

function formatTick(tickMs: number): string {
  return tickMs === 0 ? '0' : formatDuration(tickMs).replace(/\.0+ /, ' ');
}
