import type { Snapshot, Step } from '@xray/core';
import { parseTime } from '@/lib/format';
import type { StepTree } from './step-tree';

/** Longer than any real execution. It keeps sums of absurd durations finite. */
const MAX_MS = 1e13;

/** When a step ran, in ms since the execution's start. */
export interface Span {
  startMs: number;
  endMs: number;
  /**
   * Whether the value was recorded. Otherwise `start` follows from the steps before, and `end` from
   * nested steps.
   */
  startKnown: boolean;
  durationKnown: boolean;
  /** The idle time before the step; 0 if unknown. */
  gapMs: number;
}

export interface SpanLayout {
  /** The spans by index in the snapshot's `steps`. */
  spans: readonly Span[];
  /** The time from 0 to the end of the last step, above 0. */
  extentMs: number;
}

/** The visible time from `fromMs` to `toMs`, which is later. */
export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

type Timed = Pick<Step, 'startedAt' | 'durationMs' | 'status' | 'timing'>;

/**
 * Places every step in time. Without a start, a step begins at the end of the previous sibling, or
 * with its parent. Without a duration, it lasts as long as its nested steps. A running step lasts
 * to the end. Every number is finite, and no span ends before it starts.
 */
export function layoutSpans(
  execution: Pick<Snapshot, 'startedAt' | 'sentAt' | 'durationMs' | 'status'>,
  steps: readonly Timed[],
  tree: StepTree,
): SpanLayout {
  const starts = steps.map((step) => parseTime(step.startedAt));
  const originMs = parseTime(execution.startedAt) ?? leastOf(starts);
  const spans: Span[] = steps.map(() => ({
    startMs: 0,
    endMs: 0,
    startKnown: false,
    durationKnown: false,
    gapMs: 0,
  }));
  const previousEndMs = new Map<number, number>();

  for (const node of tree.nodes) {
    const step = steps[node.index];
    const span = spans[node.index];
    if (step === undefined || span === undefined) continue;
    const parent = tree.nodes[node.parentPosition];
    const parentStartMs = parent === undefined ? 0 : (spans[parent.index]?.startMs ?? 0);
    const startedAt = starts[node.index] ?? null;
    const durationMs = durationOf(step.durationMs);
    span.startKnown = startedAt !== null && originMs !== null && step.timing !== 'inferred';
    const idleFromMs = previousEndMs.get(node.parentPosition) ?? parentStartMs;
    span.startMs =
      startedAt !== null && originMs !== null ? clamp(startedAt - originMs) : idleFromMs;
    if (span.startKnown) span.gapMs = Math.max(0, span.startMs - idleFromMs);
    span.durationKnown = durationMs !== null && step.timing !== 'inferred';
    span.endMs = clamp(span.startMs + (durationMs ?? 0));
    previousEndMs.set(
      node.parentPosition,
      Math.max(span.endMs, previousEndMs.get(node.parentPosition) ?? 0),
    );
  }

  // The innermost steps come first, so a span without a duration covers its nested steps.
  for (const node of tree.nodes.toReversed()) {
    const span = spans[node.index];
    const parent = tree.nodes[node.parentPosition];
    const outer = parent === undefined ? undefined : spans[parent.index];
    if (span === undefined || parent === undefined || outer === undefined) continue;
    if (durationOf(steps[parent.index]?.durationMs) === null) {
      outer.endMs = Math.max(outer.endMs, span.endMs);
    }
  }

  const lastEndMs = spans.reduce((latest, span) => Math.max(latest, span.endMs), 0);
  const extentMs =
    Math.max(durationOf(execution.durationMs) ?? 0, lastEndMs, sinceStartMs(execution)) || 1;
  for (const [index, span] of spans.entries()) {
    if (steps[index]?.status === 'running' && durationOf(steps[index]?.durationMs) === null) {
      span.endMs = extentMs;
    }
  }
  return { spans, extentMs };
}

/** The age of a running execution at its last flush. */
function sinceStartMs(execution: Pick<Snapshot, 'startedAt' | 'sentAt' | 'status'>): number {
  const [start, sent] = [parseTime(execution.startedAt), parseTime(execution.sentAt)];
  return execution.status === 'running' && start !== null && sent !== null
    ? clamp(sent - start)
    : 0;
}

function durationOf(durationMs: number | null | undefined): number | null {
  return typeof durationMs === 'number' && Number.isFinite(durationMs) ? clamp(durationMs) : null;
}

function clamp(ms: number): number {
  return Math.min(MAX_MS, Math.max(0, ms));
}

function leastOf(values: readonly (number | null)[]): number | null {
  let least: number | null = null;
  for (const value of values)
    if (value !== null && (least === null || value < least)) least = value;
  return least;
}

/** A bar and its label in a track, in px from the track's left; the label touches no edge of the bar. */
export interface BarPlace {
  leftPx: number;
  widthPx: number;
  /** Set if the bar is outside the window. */
  outside: 'before' | 'after' | null;
  /** The label's place: beside the bar, else within it. Null if there is no room. */
  labelPx: number | null;
  labelInside: boolean;
}

const MIN_BAR_PX = 2;
const LABEL_GAP_PX = 6;

/** Draws a span into the part of a track that shows `window`. */
export function placeBar(
  span: Pick<Span, 'startMs' | 'endMs'>,
  window: TimeWindow,
  trackPx: number,
  labelWidthPx: number,
): BarPlace {
  const outside =
    span.endMs < window.fromMs ? 'before' : span.startMs > window.toMs ? 'after' : null;
  const scale = trackPx / (window.toMs - window.fromMs);
  const at = (ms: number) => Math.min(trackPx, Math.max(0, (ms - window.fromMs) * scale));
  const minPx = Math.min(MIN_BAR_PX, trackPx);
  const widthPx = Math.max(minPx, at(span.endMs) - at(span.startMs));
  const leftPx = Math.min(at(span.startMs), trackPx - widthPx);
  const after = leftPx + widthPx + LABEL_GAP_PX;
  const before = leftPx - LABEL_GAP_PX - labelWidthPx;
  const inside = leftPx + widthPx - LABEL_GAP_PX - labelWidthPx;
  const place =
    after + labelWidthPx <= trackPx
      ? after
      : before >= 0
        ? before
        : inside >= leftPx + LABEL_GAP_PX
          ? inside
          : null;
  return {
    leftPx,
    widthPx,
    outside,
    labelPx: outside === null ? place : null,
    labelInside: outside === null && place === inside && before < 0,
  };
}

/** Round times (1, 2 or 5 times a power of ten, ms) in the window, at most `maxCount` of them. */
export function ticksOf(window: TimeWindow, maxCount: number): number[] {
  const spanMs = window.toMs - window.fromMs;
  if (!(spanMs > 0) || maxCount < 1) return [];
  const rough = spanMs / maxCount;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => power * factor >= rough) ?? 10);
  const ticks: number[] = [];
  for (let count = Math.ceil(window.fromMs / step); ticks.length < maxCount; count += 1) {
    const tick = count * step;
    if (tick > window.toMs) break;
    if (ticks.at(-1) === tick) break;
    // Rounding can move the first tick just outside.
    if (tick >= window.fromMs) ticks.push(tick);
  }
  return ticks;
}

const MIN_WINDOW_MS = 0.001;

/** The window made `factor` times as long around `aroundMs`, kept within the extent. */
export function zoomWindow(
  window: TimeWindow,
  factor: number,
  aroundMs: number,
  extentMs: number,
): TimeWindow {
  const lengthMs = window.toMs - window.fromMs;
  const nextMs = Math.min(extentMs, Math.max(Math.min(MIN_WINDOW_MS, extentMs), lengthMs * factor));
  const share = Math.min(1, Math.max(0, (aroundMs - window.fromMs) / lengthMs));
  return fitWindow(aroundMs - share * nextMs, nextMs, extentMs);
}

/** The window from `fromMs`, moved into the extent if needed. */
function fitWindow(fromMs: number, lengthMs: number, extentMs: number): TimeWindow {
  const start = Math.max(0, Math.min(fromMs, extentMs - lengthMs));
  const end = Math.min(extentMs, start + lengthMs);
  return end > start ? { fromMs: start, toMs: end } : { fromMs: 0, toMs: extentMs };
}
