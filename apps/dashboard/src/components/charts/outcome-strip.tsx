'use client';

import type { OutcomeStrip as Strip } from '@xray/core';
import { toneClass, toneStyle } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { useElementWidth } from '@/lib/element-width';
import { formatAbsolute, formatCount } from '@/lib/format';
import { useZone } from '@/lib/preferences';
import type { Verdict } from '@/lib/verdict';
import { layoutStack } from './stack';

/** Outcomes over time as small stacked columns. The caller shows the sums in words. */
export function OutcomeStrip({
  strip,
  verdictOf,
  heightPx = 40,
  className,
}: {
  strip: Strip;
  /** The caller uses the same verdicts beside the strip, so the colours match. */
  verdictOf: (outcome: string) => Verdict;
  heightPx?: number;
  className?: string;
}) {
  const zone = useZone();
  const [ref, widthPx] = useElementWidth<HTMLDivElement>();
  const startMs = Date.parse(strip.from);
  const pieces = layoutStack(
    strip.series.map(({ counts }) => counts),
    { widthPx, heightPx },
  );
  const totals = strip.series.map(
    ({ value, counts }) => `${value} ${formatCount(counts.reduce((sum, each) => sum + each, 0))}`,
  );
  return (
    <div ref={ref} className={cn('min-w-0 self-start border-b border-line-strong', className)}>
      <svg
        role="img"
        aria-label={`Outcomes over time: ${totals.join(', ')}`}
        width={widthPx}
        height={heightPx}
        className="block"
      >
        {pieces.map(({ series, bucket, x, y, width, height }) => {
          const value = strip.series[series]?.value ?? '';
          const verdict = verdictOf(value);
          return (
            <rect
              key={`${series} ${bucket}`}
              x={x}
              y={y}
              width={width}
              height={height}
              fill="currentColor"
              className={toneClass(verdict)}
              style={toneStyle(verdict)}
            >
              <title>
                {`${value} ${formatCount(strip.series[series]?.counts[bucket])} from ${formatAbsolute(
                  new Date(startMs + bucket * strip.bucketMs).toISOString(),
                  zone,
                )}`}
              </title>
            </rect>
          );
        })}
      </svg>
    </div>
  );
}
