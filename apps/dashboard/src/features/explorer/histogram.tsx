// No native tag is a chart that the keyboard can walk bar by bar.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import type { Histogram as HistogramData } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { useId, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import {
  HistogramBars,
  seriesVerdicts,
  type SeriesVerdict,
} from '@/components/histogram/histogram-bars';
import {
  barAt,
  layOutHistogram,
  rangeOfBars,
  type Bar,
  type SeriesValue,
} from '@/components/histogram/histogram-layout';
import { pipelineOfFilter } from '@/components/filter/filter-terms';
import { SmallErrorState } from '@/components/states';
import { ALL_TIME, isRelative, type TimeRange } from '@/components/time-range/time-range';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { useElementWidth } from '@/lib/element-width';
import { formatAbsolute, formatCount, plural, type Zone } from '@/lib/format';
import { useOutcomes } from '@/lib/outcomes';
import { useZone } from '@/lib/preferences';
import { histogramQuery } from '@/components/filter/counts-queries';
import { verdictName } from '@/lib/verdict';
import { countedText } from './counted-text';

const HEIGHT_PX = 56;
const BUCKETS = 60;
const LIVE_REFRESH_MS = 10_000;
const SEARCH_REFRESH_MS = 30_000;

interface HistogramProps {
  app: string;
  q: string;
  /** A search is counted row by row, so it refreshes less often while live. */
  bySearch: boolean;
  range: TimeRange;
  by: HistogramData['by'];
  live: boolean;
  onBy: (by: HistogramData['by']) => void;
  onZoom: (range: TimeRange) => void;
}

/**
 * Executions over time by outcome or status. Dragging, or arrow keys with Shift and then Enter, zooms in. Going
 * back in the browser zooms out.
 */
export function Histogram({ app, q, bySearch, range, by, live, onBy, onZoom }: HistogramProps) {
  const { data, error, refetch } = useQuery({
    ...histogramQuery(app, q, range, by, BUCKETS),
    refetchInterval:
      live && isRelative(range) ? (bySearch ? SEARCH_REFRESH_MS : LIVE_REFRESH_MS) : false,
  });
  const zone = useZone();
  const notes = data === undefined ? [] : countedText(data, zone);
  return (
    <section aria-label="Executions over time" className="px-4 pb-2 print:hidden">
      <div className="flex h-6 items-center justify-between gap-3 text-xs text-ink-muted max-md:h-10">
        <span className="min-w-0 truncate" title={notes.join('. ')}>
          {data === undefined ? ' ' : plural(data.total, 'execution')}
          {range.from === ALL_TIME && range.to === null ? ' in the last 7 days' : null}
          {notes.map((note) => `. ${note}`)}
        </span>
        <fieldset className="flex shrink-0 gap-0.5">
          <legend className="sr-only">Colour by</legend>
          {(['outcome', 'status'] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={by === each}
              onClick={() => onBy(each)}
              className={cn(
                'h-6 rounded px-1.5 hover:text-ink',
                by === each && 'bg-accent-soft font-medium text-ink',
              )}
            >
              {each}
            </button>
          ))}
        </fieldset>
      </div>
      {data !== undefined ? (
        <Chart data={data} pipeline={pipelineOfFilter(q)} onZoom={onZoom} />
      ) : error !== null ? (
        <SmallErrorState
          error={error}
          title="The chart could not be loaded"
          onRetry={() => void refetch()}
        />
      ) : (
        <div
          aria-busy="true"
          className="animate-pulse rounded bg-sunken"
          style={{ height: HEIGHT_PX + 18 }}
        />
      )}
    </section>
  );
}

function Chart({
  data: counted,
  pipeline,
  onZoom,
}: {
  data: HistogramData;
  /** Null for executions of several pipelines. */
  pipeline: string | null;
  onZoom: (range: TimeRange) => void;
}) {
  const meanings = useOutcomes();
  const data = useMemo(
    () =>
      counted.by === 'outcome'
        ? { ...counted, series: meanings.sort(pipeline, counted.series, ({ value }) => value) }
        : counted,
    [counted, meanings, pipeline],
  );
  const zone = useZone();
  const tableId = useId();
  const [ref, widthPx] = useElementWidth<HTMLDivElement>();
  const layout = useMemo(() => layOutHistogram(data, widthPx, HEIGHT_PX), [data, widthPx]);
  /** The first and the current bar of a selection. Both are equal if one bar is hovered. */
  const [span, setSpan] = useState<{ from: number; to: number; dragged: boolean } | null>(null);
  const zoom = (from: number, to: number) => {
    const range = rangeOfBars(layout, from, to);
    setSpan(null);
    if (range !== null) onZoom(range);
  };

  const placeOf = (event: PointerEvent<HTMLElement>) =>
    barAt(layout, event.clientX - event.currentTarget.getBoundingClientRect().left, widthPx);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = span?.to ?? layout.bars.length;
    const target = {
      ArrowLeft: at - 1,
      ArrowRight: span === null ? 0 : at + 1,
      Home: 0,
      End: layout.bars.length - 1,
    }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      const to = Math.max(0, Math.min(layout.bars.length - 1, target));
      setSpan({ from: event.shiftKey ? (span?.from ?? to) : to, to, dragged: false });
    } else if (event.key === 'Enter' && span !== null) {
      event.preventDefault();
      event.stopPropagation();
      zoom(span.from, span.to);
    } else if (event.key === 'Escape' && span !== null) {
      event.stopPropagation();
      setSpan(null);
    }
  };
  const verdictOf = useMemo(
    () => seriesVerdicts(data, (outcome) => meanings.verdict(pipeline, outcome)),
    [data, meanings, pipeline],
  );
  const names = useNames();
  const nameOf = (value: SeriesValue) => verdictName(verdictOf(value), names);
  const shown = span === null ? undefined : layout.bars[span.to];
  const left = span === null ? undefined : layout.bars[Math.min(span.from, span.to)];
  const right = span === null ? undefined : layout.bars[Math.max(span.from, span.to)];

  return (
    <>
      <div
        ref={ref}
        role="slider"
        tabIndex={0}
        aria-label="Bar"
        aria-describedby={tableId}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, layout.bars.length - 1)}
        aria-valuenow={span?.to ?? 0}
        aria-valuetext={
          shown === undefined
            ? 'Arrow keys move between bars, Shift selects, Enter zooms in'
            : barText(shown, nameOf, zone)
        }
        onKeyDown={onKeyDown}
        onBlur={() => setSpan(null)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = placeOf(event);
          setSpan({ from: at, to: at, dragged: true });
        }}
        onPointerMove={(event) => {
          const to = placeOf(event);
          setSpan((old) =>
            old?.dragged === true ? { ...old, to } : { from: to, to, dragged: false },
          );
        }}
        onPointerUp={(event) => {
          if (span?.dragged !== true) return;
          const to = placeOf(event);
          if (span.from === to) setSpan({ from: to, to, dragged: false });
          else zoom(span.from, to);
        }}
        onPointerLeave={() => setSpan((old) => (old?.dragged === true ? old : null))}
        onDoubleClick={(event) => {
          const at = barAt(
            layout,
            event.clientX - event.currentTarget.getBoundingClientRect().left,
            widthPx,
          );
          zoom(at, at);
        }}
        className="relative cursor-crosshair touch-pan-y select-none"
        style={{ height: HEIGHT_PX }}
      >
        <svg aria-hidden width={widthPx} height={HEIGHT_PX} className="block">
          <line
            x1={0}
            x2={widthPx}
            y1={HEIGHT_PX - 0.5}
            y2={HEIGHT_PX - 0.5}
            stroke="var(--line)"
          />
          {left === undefined || right === undefined ? null : (
            <rect
              x={left.x}
              width={right.x + right.width - left.x}
              height={HEIGHT_PX}
              fill="var(--accent-soft)"
            />
          )}
          <HistogramBars bars={layout.bars} verdictOf={verdictOf} />
        </svg>
        {shown === undefined ? null : (
          <BarTip bar={shown} verdictOf={verdictOf} zone={zone} widthPx={widthPx} />
        )}
      </div>
      <div aria-hidden className="flex justify-between text-[11px] leading-[18px] text-ink-faint">
        <span>{formatAbsolute(data.from, zone).slice(0, 16)}</span>
        <span>{formatAbsolute(data.to, zone).slice(0, 16)}</span>
      </div>
      <HistogramTable id={tableId} layout={layout.bars} by={data.by} nameOf={nameOf} zone={zone} />
    </>
  );
}

function BarTip({
  bar,
  verdictOf,
  zone,
  widthPx,
}: {
  bar: Bar;
  verdictOf: SeriesVerdict;
  zone: Zone;
  widthPx: number;
}) {
  const onRight = bar.x > widthPx / 2;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-full z-20 mt-1 w-max max-w-64 rounded-md border border-line-strong bg-panel px-2 py-1 text-xs shadow-lg"
      style={onRight ? { right: widthPx - bar.x - bar.width } : { left: bar.x }}
    >
      <div className="text-ink-muted">{timeText(bar, zone)}</div>
      {bar.total === 0 ? <div>none</div> : null}
      {bar.parts.map((part) => (
        <div key={part.value} className="flex items-center justify-between gap-4">
          <VerdictLabel verdict={verdictOf(part.value)} />
          <span>{formatCount(part.count)}</span>
        </div>
      ))}
    </div>
  );
}

/** The same as a table for screen readers. */
function HistogramTable({
  id,
  layout,
  by,
  nameOf,
  zone,
}: {
  id: string;
  layout: readonly Bar[];
  by: HistogramData['by'];
  nameOf: NameOf;
  zone: Zone;
}) {
  return (
    // The hidden box around the table keeps its width out of the layout.
    <div className="sr-only">
      <table id={id}>
        <caption>Executions over time, by {by}; times without executions are omitted</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Executions</th>
            <th scope="col">By {by}</th>
          </tr>
        </thead>
        <tbody>
          {layout
            .filter((bar) => bar.total > 0)
            .map((bar) => (
              <tr key={bar.index}>
                <th scope="row">{timeText(bar, zone)}</th>
                <td>{formatCount(bar.total)}</td>
                <td>{partsText(bar, nameOf)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

type NameOf = (value: SeriesValue) => string;

function barText(bar: Bar, nameOf: NameOf, zone: Zone): string {
  return `${timeText(bar, zone)}: ${formatCount(bar.total)} executions${bar.total > 0 ? `, ${partsText(bar, nameOf)}` : ''}`;
}

function partsText(bar: Bar, nameOf: NameOf): string {
  return bar.parts.map((part) => `${nameOf(part.value)} ${formatCount(part.count)}`).join(', ');
}

function timeText(bar: Bar, zone: Zone): string {
  const text = (ms: number) => formatAbsolute(new Date(ms).toISOString(), zone).slice(0, 19);
  return `${text(bar.startMs)} – ${text(bar.endMs).slice(11)}`;
}
