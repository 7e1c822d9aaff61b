const ROUND = [1, 2, 5, 10];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const TIME_STEPS_MS = [
  1_000,
  5_000,
  15_000,
  30_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
  30 * DAY_MS,
  90 * DAY_MS,
  365 * DAY_MS,
];

/** Round values from 0 to the first at or above `most`, about `count` of them. [0] if there is no scale. */
export function valueTicks(most: number, count: number): number[] {
  if (!Number.isFinite(most) || most <= 0 || most < Number.MIN_VALUE * 1e20) return [0];
  const rough = most / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (ROUND.find((factor) => power * factor >= rough) ?? 10);
  const ticks: number[] = [];
  for (let index = 0; index * step < most + step; index += 1) {
    const tick = Number((index * step).toPrecision(12));
    ticks.push(tick);
    if (tick >= most) break;
  }
  return ticks;
}

/** Round durations (ms) from 0 to the first at or above `most`. From a minute on the steps are those of a clock. */
export function durationTicks(most: number, count: number): number[] {
  const rough = most / Math.max(1, count);
  const step = TIME_STEPS_MS.find((each) => each >= rough);
  if (!Number.isFinite(most) || most < MINUTE_MS || step === undefined) {
    return valueTicks(most, count);
  }
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}

/** Instants at round times within [fromMs, toMs], at most `count` + 1. `offsetMs` is the zone's offset east of UTC. */
export function timeTicks(fromMs: number, toMs: number, count: number, offsetMs = 0): number[] {
  const span = toMs - fromMs;
  if (!Number.isFinite(span) || span <= 0) return [];
  const wanted = span / Math.max(1, count);
  const step =
    TIME_STEPS_MS.find((each) => each >= wanted) ??
    Math.ceil(wanted / (365 * DAY_MS)) * 365 * DAY_MS;
  const first = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs;
  const ticks: number[] = [];
  for (let at = first; at <= toMs; at += step) ticks.push(at);
  return ticks;
}
