import { ALL_TIME, DEFAULT_FROM, boundsOf, type TimeBounds, type TimeRange } from './time-range';

/** The default range of questions over many executions. It matches the server's default. */
const QUESTION_FROM = '-7d';
const EARLIEST = new Date(0).toISOString();

/** The address's range, or the default of such questions. */
export function questionRange({ from, to }: TimeRange): TimeRange {
  return { from: from ?? QUESTION_FROM, to };
}

/** Converts the range menu's value for the address. */
export function chosenRange({ from, to }: TimeRange): TimeRange {
  const chosen = from ?? DEFAULT_FROM;
  return { from: chosen === QUESTION_FROM && to === null ? null : chosen, to };
}

/** Bounds for the server. All time gets a start too, or the server would use its default. */
export function questionBounds(range: TimeRange, nowMs: number): TimeBounds {
  const wanted = questionRange(range);
  const { from, to } = boundsOf(wanted, nowMs);
  return { from: wanted.from === ALL_TIME ? EARLIEST : from, to };
}
