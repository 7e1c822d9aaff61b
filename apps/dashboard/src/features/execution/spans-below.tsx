'use client';

import type { Snapshot } from '@xray/core';
import { useMemo } from 'react';
import { formatCount, formatDuration, formatNumber, plural } from '@/lib/format';
import { spanRows, spanTotals, type SpanTotals } from './spans';

/** More rows would make the page slow. */
const MAX_ROWS = 500;

/** The spans of OpenTelemetry that a program sent beside the SDK's record of its decision. */
export function SpansBelow({ spans }: { spans: readonly Snapshot[] | undefined }) {
  const rows = useMemo(() => spanRows(spans ?? []), [spans]);
  const facts = useMemo(() => totalFacts(spanTotals(rows)), [rows]);
  if (rows.length === 0) return null;
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-ink-muted wrap-anywhere hover:text-ink max-md:py-2">
        {[`${plural(rows.length, 'span')} of OpenTelemetry`, ...facts].join(' · ')}
      </summary>
      <ol
        aria-label="Spans of OpenTelemetry"
        // The keyboard must reach a scrolling box (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="mt-1 max-h-64 overflow-y-auto"
      >
        {rows.slice(0, MAX_ROWS).map(({ key, depth, step }) => (
          <li
            key={key}
            className="flex flex-wrap gap-x-3 border-t border-line py-1"
            style={{ paddingInlineStart: `${Math.min(depth, 8) * 0.75}rem` }}
          >
            <span className="min-w-0 wrap-anywhere">{step.name}</span>
            <span className="text-ink-faint">{step.kind ?? 'other'}</span>
            {step.model ? (
              <span className="min-w-0 wrap-anywhere text-ink-muted">{modelText(step.model)}</span>
            ) : null}
            {step.status === 'failed' ? <span className="text-failed">failed</span> : null}
            <span className="ml-auto text-ink-muted">{formatDuration(step.durationMs)}</span>
          </li>
        ))}
        {rows.length > MAX_ROWS ? (
          <li className="border-t border-line py-1 text-ink-muted">
            {plural(rows.length - MAX_ROWS, 'more span')}
          </li>
        ) : null}
      </ol>
    </details>
  );
}

function totalFacts({ models, inputTokens, outputTokens, costUsd }: SpanTotals): string[] {
  return [
    ...models.slice(0, 3),
    ...(models.length > 3 ? [`${plural(models.length - 3, 'more model')}`] : []),
    ...(inputTokens + outputTokens > 0
      ? [`${formatCount(inputTokens)} input and ${formatCount(outputTokens)} output tokens`]
      : []),
    ...(costUsd > 0 ? [`${formatNumber(costUsd)} USD`] : []),
  ];
}

function modelText({
  name,
  inputTokens,
  outputTokens,
}: NonNullable<Snapshot['steps'][number]['model']>): string {
  const isCounted = typeof inputTokens === 'number' || typeof outputTokens === 'number';
  return isCounted
    ? `${name}, ${formatCount(inputTokens)} + ${formatCount(outputTokens)} tokens`
    : name;
}
