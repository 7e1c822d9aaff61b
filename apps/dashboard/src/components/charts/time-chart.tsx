// No native tag is a chart that arrow keys can read out.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { useElementWidth } from '@/lib/element-width';
import { formatAbsolute, type Zone } from '@/lib/format';
import { useZone } from '@/lib/preferences';
import { placeMarkers, type TimedLabel } from './markers';
import { timeTicks, valueTicks } from './scale';

/** The least width of the value axis. Long labels get more. */
const AXIS_PX = 52;
const AXIS_PAD_PX = 12;
/** The width of a digit on the axes. */
const CHAR_PX = 6.2;
const FOOT_PX = 20;
const HEAD_PX = 16;
const PX_PER_TICK = 90;
const DAY_MS = 86_400_000;

/** Buckets of equal width on a line of time. */
export interface TimeBuckets {
  fromMs: number;
  bucketMs: number;
  count: number;
}

/** Buckets from the first to the last, both included. */
export interface BucketRange {
  first: number;
  last: number;
}

export interface ChartBox {
  widthPx: number;
  heightPx: number;
  /** The value at the top. */
  most: number;
}

export interface LegendItem {
  key: string;
  mark: ReactNode;
  text: string;
}

interface TimeChartProps {
  title: string;
  buckets: TimeBuckets;
  /** The greatest value drawn. */
  most: number;
  formatValue: (value: number) => string;
  /** Values that the axis names, from 0 to the first that is not below `most`. */
  ticksOf?: (most: number, count: number) => number[];
  markers: readonly TimedLabel[];
  /** The bucket that is read out, shared by all charts of a page. */
  current: number | null;
  onCurrent: (bucket: number | null) => void;
  /** Selected buckets, both included, shared by all charts of a page. Dragging or Shift with an arrow selects. */
  selected: BucketRange | null;
  onSelect: (range: BucketRange | null) => void;
  /** Totals of the range, or values of the current bucket. */
  legend: readonly LegendItem[];
  /** Shown instead of an empty legend. */
  empty?: string;
  heightPx?: number;
  children: (box: ChartBox) => ReactNode;
}

/** Draws axes, version markers and the read-out bucket around the children. */
export function TimeChart(props: TimeChartProps) {
  const { title, buckets, most, formatValue, markers, current, onCurrent } = props;
  const { selected, onSelect } = props;
  const [anchor, setAnchor] = useState<number | null>(null);
  const zone = useZone();
  const [ref, widthPx] = useElementWidth<HTMLDivElement>();
  const heightPx = props.heightPx ?? 120;
  const ticks = (props.ticksOf ?? valueTicks)(most, 3);
  const longest = Math.max(0, ...ticks.map((tick) => formatValue(tick).length));
  const axisPx = Math.max(AXIS_PX, Math.ceil(longest * CHAR_PX + AXIS_PAD_PX));
  const plotPx = Math.max(0, widthPx - axisPx);
  const top = ticks.at(-1) ?? 0;
  const toMs = buckets.fromMs + buckets.bucketMs * buckets.count;
  const spanMs = toMs - buckets.fromMs;
  const offsetMs = zone === 'utc' ? 0 : -new Date(buckets.fromMs).getTimezoneOffset() * 60_000;
  const placed = placeMarkers(markers, { fromMs: buckets.fromMs, toMs, widthPx: plotPx });
  const step = buckets.count > 0 ? plotPx / buckets.count : 0;

  const bucketAt = (event: PointerEvent<SVGSVGElement>): number | null => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - axisPx;
    return step > 0 ? clampBucket(Math.floor(x / step), buckets.count) : null;
  };
  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const bucket = bucketAt(event);
    if (bucket === null) return;
    onCurrent(bucket);
    if (anchor !== null && bucket !== anchor) onSelect(between(anchor, bucket));
  };
  const onPointerDown = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    setAnchor(bucketAt(event));
    onSelect(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') {
      onCurrent(null);
      onSelect(null);
    }
    if (move === undefined) return;
    event.preventDefault();
    const next = clampBucket((current ?? (move > 0 ? -1 : buckets.count)) + move, buckets.count);
    onCurrent(next);
    if (!event.shiftKey || next === null) return;
    const from = current ?? next;
    const start =
      selected === null ? from : selected.first === from ? selected.last : selected.first;
    onSelect(between(start, next));
  };

  const when = current === null ? null : bucketText(buckets, current, zone);
  const reading = [when, ...props.legend.map(({ text }) => text)].filter(Boolean).join(', ');
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="text-sm font-medium">{title}</h2>
      <ul className="flex min-h-10 flex-wrap content-start gap-x-3 text-xs leading-5 text-ink-muted">
        {when === null ? null : <li className="font-medium text-ink">{when}</li>}
        {props.legend.map(({ key, mark, text }) => (
          <li key={key} className="flex max-w-full min-w-0 items-center gap-1">
            {mark}
            <span className="truncate" title={text}>
              {text}
            </span>
          </li>
        ))}
        {props.legend.length === 0 && props.empty !== undefined ? <li>{props.empty}</li> : null}
      </ul>
      <div ref={ref}>
        <svg
          role="slider"
          aria-label={`${title}: move along the time axis`}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, buckets.count - 1)}
          aria-valuenow={current ?? 0}
          aria-valuetext={reading}
          tabIndex={0}
          width={widthPx}
          height={heightPx + HEAD_PX + FOOT_PX}
          className="block touch-pan-y select-none"
          onPointerMove={onPointerMove}
          onPointerDown={onPointerDown}
          onPointerUp={() => setAnchor(null)}
          onPointerLeave={() => {
            onCurrent(null);
            setAnchor(null);
          }}
          onKeyDown={onKeyDown}
        >
          <g transform={`translate(${axisPx} ${HEAD_PX})`}>
            {top === 0
              ? null
              : ticks.map((tick) => {
                  const y = heightPx * (1 - tick / top);
                  return (
                    <g key={tick}>
                      <line x1={0} x2={plotPx} y1={y} y2={y} stroke="var(--line)" />
                      <text x={-6} y={y + 4} textAnchor="end" fontSize={11} fill="var(--ink-faint)">
                        {formatValue(tick)}
                      </text>
                    </g>
                  );
                })}
            {selected === null ? null : (
              <rect
                x={selected.first * step}
                y={0}
                width={(selected.last - selected.first + 1) * step}
                height={heightPx}
                fill="var(--accent-soft)"
                stroke="var(--accent)"
              />
            )}
            {current === null ? null : (
              <rect
                x={current * step}
                y={0}
                width={step}
                height={heightPx}
                fill="var(--accent-soft)"
              />
            )}
            {props.children({ widthPx: plotPx, heightPx, most: top })}
            {placed.map(({ x, labels, roomPx, side }) => (
              <g key={x}>
                <title>{labels.join('\n')}</title>
                <line
                  x1={x}
                  x2={x}
                  y1={-HEAD_PX}
                  y2={heightPx}
                  stroke="var(--accent)"
                  strokeDasharray="3 3"
                />
                <text
                  x={side === 'after' ? x + 4 : x - 4}
                  y={-5}
                  textAnchor={side === 'after' ? 'start' : 'end'}
                  fontSize={11}
                  fill="var(--ink-muted)"
                >
                  {markerText(labels, roomPx)}
                </text>
              </g>
            ))}
            {timeTicks(buckets.fromMs, toMs, Math.max(1, plotPx / PX_PER_TICK), offsetMs).map(
              (at) => {
                const x = spanMs > 0 ? ((at - buckets.fromMs) / spanMs) * plotPx : 0;
                return (
                  <text
                    key={at}
                    x={x}
                    y={heightPx + 14}
                    textAnchor={x > plotPx - 24 ? 'end' : x < 24 ? 'start' : 'middle'}
                    fontSize={11}
                    fill="var(--ink-faint)"
                  >
                    {tickText(at, spanMs, zone)}
                  </text>
                );
              },
            )}
          </g>
        </svg>
      </div>
    </section>
  );
}

function between(a: number, b: number): BucketRange {
  return { first: Math.min(a, b), last: Math.max(a, b) };
}

/** When a bucket starts, to the minute. */
function bucketText(buckets: TimeBuckets, bucket: number, zone: Zone): string {
  return formatAbsolute(
    new Date(buckets.fromMs + bucket * buckets.bucketMs).toISOString(),
    zone,
  ).slice(0, 16);
}

function tickText(atMs: number, spanMs: number, zone: Zone): string {
  const text = formatAbsolute(new Date(atMs).toISOString(), zone);
  if (spanMs >= 3 * DAY_MS) return text.slice(5, 10);
  return text.slice(11, 16);
}

function markerText(labels: readonly string[], roomPx: number): string {
  const first = labels[0] ?? '';
  const more = labels.length > 1 ? ` +${labels.length - 1}` : '';
  const chars = Math.max(0, Math.floor((roomPx - 8) / CHAR_PX) - more.length);
  if (chars < 2) return '';
  return (first.length > chars ? `${first.slice(0, chars - 1)}…` : first) + more;
}

function clampBucket(bucket: number, count: number): number | null {
  return count === 0 ? null : Math.max(0, Math.min(count - 1, bucket));
}
