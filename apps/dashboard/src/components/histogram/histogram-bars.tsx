import type { Histogram } from '@xray/core';
import { plural } from '@/lib/format';
import { distinctVerdicts, outcomeVerdict, statusVerdict, type Verdict } from '@/lib/verdict';
import type { Bar, SeriesValue } from './histogram-layout';
import { verdictFill } from './verdict-fill';

export type SeriesVerdict = (value: SeriesValue) => Verdict;

/** The bars of a histogram, within an `<svg>`. The page also says them in words. */
export function HistogramBars({
  bars,
  verdictOf,
}: {
  bars: readonly Bar[];
  verdictOf: SeriesVerdict;
}) {
  return bars.map((bar) =>
    bar.parts.map((part) => (
      <rect
        key={`${bar.index} ${part.y}`}
        x={bar.x}
        y={part.y}
        width={bar.width}
        height={part.height}
        fill={verdictFill(verdictOf(part.value))}
      />
    )),
  );
}

/** Verdicts of a histogram's series. Each has its own colour. */
export function seriesVerdicts(
  { series, by, others }: Pick<Histogram, 'series' | 'by' | 'others'>,
  verdictOf: (outcome: string) => Verdict = outcomeVerdict,
): SeriesVerdict {
  return distinctVerdicts(
    [...series.map(({ value }): SeriesValue => value), ...(others === null ? [] : [undefined])],
    (value) => {
      if (value === undefined) {
        const word = plural(others?.values ?? 0, 'other outcome');
        return { word, tone: 'neutral', shape: 'dash', hue: null };
      }
      if (value === null) return { word: `no ${by}`, tone: 'neutral', shape: 'dash', hue: null };
      return by === 'outcome' ? verdictOf(value) : statusVerdict(value as never);
    },
  );
}
