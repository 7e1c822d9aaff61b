import type { Step } from '@xray/core';
import { cn } from '@/lib/cn';
import { formatCount, formatDuration, plural } from '@/lib/format';
import type { SpanRow } from './spans';

/** More rows would make the page slow. */
const MAX_ROWS = 500;

/** Spans of OpenTelemetry with their models, tokens and durations, each below its parent. */
export function SpanList({
  label,
  rows,
  className,
}: {
  label: string;
  rows: readonly SpanRow[];
  className?: string;
}) {
  const top = Math.min(...rows.map(({ depth }) => depth));
  return (
    <ol
      aria-label={label}
      // The keyboard must reach a scrolling box (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={cn('overflow-y-auto text-sm', className)}
    >
      {rows.slice(0, MAX_ROWS).map(({ key, depth, step }) => (
        <li
          key={key}
          className="flex flex-wrap gap-x-3 border-t border-line py-1 first:border-t-0"
          style={{ paddingInlineStart: `${Math.min(depth - top, 8) * 0.75}rem` }}
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
  );
}

function modelText({ name, inputTokens, outputTokens }: NonNullable<Step['model']>): string {
  const isCounted = typeof inputTokens === 'number' || typeof outputTokens === 'number';
  return isCounted
    ? `${name}, ${formatCount(inputTokens)} + ${formatCount(outputTokens)} tokens`
    : name;
}
