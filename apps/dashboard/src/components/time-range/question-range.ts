import { ALL_TIME, DEFAULT_FROM, boundsOf, type TimeBounds, type TimeRange } from './time-range';

/** What questions over many executions look at unless told otherwise: as long as the server's own default. */
const QUESTION_FROM = '-7d';
const EARLIEST = new Date(0).toISOString();

/** The range of the address with the questions' own default, as the range menu shows it. */
export function questionRange({ from, to }: TimeRange): TimeRange {
  return { from: from ?? QUESTION_FROM, to };
}

/** What the range menu was set to, as the address holds it. */
export function chosenRange({ from, to }: TimeRange): TimeRange {
  const chosen = from ?? DEFAULT_FROM;
  return { from: chosen === QUESTION_FROM && to === null ? null : chosen, to };
}

/** Bounds to ask for: without a start the server would take its default, so all time has one too. */
export function questionBounds(range: TimeRange, nowMs: number): TimeBounds {
  const wanted = questionRange(range);
  const { from, to } = boundsOf(wanted, nowMs);
  return { from: wanted.from === ALL_TIME ? EARLIEST : from, to };
}
