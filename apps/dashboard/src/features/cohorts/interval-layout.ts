import type { Rate } from '@xray/core';
import { formatPointsApart } from '@/lib/format';

/** A share and its interval as shares of a line's width, each within 0 and 1 and in order. */
export interface IntervalPlace {
  low: number;
  rate: number;
  high: number;
}

/** Places a rate on a line from 0 to `most`. A missing number is at 0. */
export function placeInterval(
  { low, rate, high }: Pick<Rate, 'low' | 'rate' | 'high'>,
  most: number,
): IntervalPlace {
  const at = (value: number) =>
    most > 0 && Number.isFinite(value) ? Math.min(1, Math.max(0, value / most)) : 0;
  const middle = at(rate);
  return { low: Math.min(at(low), middle), rate: middle, high: Math.max(at(high), middle) };
}

/** `-12.8 ± 1.9`, in percentage points. */
export function differenceText({
  difference,
  low,
  high,
}: {
  difference: number;
  low: number;
  high: number;
}): string {
  const sign = difference > 0 ? '+' : '';
  const [points, margin] = formatPointsApart([difference, (high - low) / 2]);
  return `${sign}${points} ± ${margin}`;
}
