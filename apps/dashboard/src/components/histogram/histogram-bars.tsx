import type { Histogram } from '@xray/core';
import { outcomeVerdict, statusVerdict, type Verdict } from '@/lib/verdict';
import type { Bar } from './histogram-layout';
import { verdictFill } from './verdict-fill';

/** The bars of a laid-out histogram, within an `<svg>`; whoever shows them also says them in words. */
export function HistogramBars({ bars, by }: { bars: readonly Bar[]; by: Histogram['by'] }) {
  return bars.map((bar) =>
    bar.parts.map((part) => (
      <rect
        key={`${bar.index} ${part.value}`}
        x={bar.x}
        y={part.y}
        width={bar.width}
        height={part.height}
        fill={verdictFill(seriesVerdict(part.value, by))}
      />
    )),
  );
}

/** What the series of a histogram stands for. */
export function seriesVerdict(value: string | null, by: Histogram['by']): Verdict {
  if (value === null) return { word: `no ${by}`, tone: 'neutral', shape: 'dash', hue: null };
  return by === 'outcome' ? outcomeVerdict(value) : statusVerdict(value as never);
}
