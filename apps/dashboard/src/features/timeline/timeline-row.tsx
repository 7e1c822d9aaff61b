// No native tag is a tree that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role, react/incompatible-library */
'use client';

import type { Step } from '@xray/core';
import { ChevronRightIcon } from 'lucide-react';
import { memo } from 'react';
import { VerdictMark } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatDuration } from '@/lib/format';
import { statusVerdict } from '@/lib/verdict';
import { isFailed } from './step-search';
import type { StepNode } from './step-tree';
import { placeBar, type Span, type TimeWindow } from './waterfall';

const PAD_PX = 8;
const INDENT_PX = 14;
/** The width with the gap after it. */
const CHEVRON_PX = 16;
const MAX_INDENTS = 10;
const LABEL_CHAR_PX = 7;
const LABEL_PAD_PX = 8;
const MIN_GAP_PX = 16;

interface TimelineRowProps {
  step: Step;
  /** The step's name in the app's dictionary, or its recorded name. */
  name: string;
  node: StepNode;
  span: Span;
  window: TimeWindow;
  namePx: number;
  trackPx: number;
  topPx: number;
  heightPx: number;
  /** Null for a step without nested steps. */
  expanded: boolean | null;
  selected: boolean;
  decisive: boolean;
  dimmed: boolean;
  onToggle: (index: number) => void;
  onSelect: (index: number, how: 'chosen' | 'moved') => void;
}

export const TimelineRow = memo(function TimelineRow(props: TimelineRowProps) {
  const { step, node, span, expanded, selected } = props;
  const status = step.status ?? 'completed';
  const verdict = statusVerdict(status);
  const duration = durationText(step, span);
  return (
    // The tree keeps the focus, names the active row and handles the keys.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={`step-row-${node.index}`}
      role="treeitem"
      tabIndex={-1}
      aria-level={node.depth + 1}
      aria-posinset={node.posInSet}
      aria-setsize={node.setSize}
      aria-expanded={expanded ?? undefined}
      aria-selected={selected}
      onClick={() => props.onSelect(node.index, 'chosen')}
      className={cn(
        // The row is contained and placed without a transform, so the browser lays out and paints
        // it alone.
        'absolute inset-x-0 flex cursor-pointer [contain:size_layout] items-center text-sm hover:bg-hover',
        selected && 'bg-accent-soft hover:bg-accent-soft',
        props.dimmed && 'opacity-40',
      )}
      style={{ height: props.heightPx, top: props.topPx }}
    >
      <div
        className="flex min-w-0 shrink-0 items-center gap-1.5 pr-2"
        style={{
          width: props.namePx,
          paddingLeft:
            PAD_PX +
            Math.min(node.depth, MAX_INDENTS) * INDENT_PX +
            (expanded === null ? CHEVRON_PX : 0),
        }}
      >
        {expanded === null ? null : (
          <span
            aria-hidden
            className="-my-1 -mr-1.5 -ml-2 flex h-6 w-6 shrink-0 items-center justify-center rounded hover:bg-line"
            onClick={(event) => {
              event.stopPropagation();
              props.onToggle(node.index);
            }}
          >
            <ChevronRightIcon
              className={cn(
                'size-3.5 text-ink-faint transition-transform',
                expanded && 'rotate-90',
              )}
            />
          </span>
        )}
        <StepMark status={status} decisive={props.decisive} />
        <span className="min-w-0 truncate" title={step.name}>
          {props.name}
        </span>
        {typeof step.attempt === 'number' && step.attempt > 1 ? (
          <span className="shrink-0 text-xs text-ink-faint">attempt {step.attempt}</span>
        ) : null}
      </div>
      <span className="sr-only">
        {[step.kind, verdict.word, duration].filter(Boolean).join(', ')}
      </span>
      <Bar {...props} label={duration} />
    </div>
  );
});

/** The mark of a step's status. A completed step has a plain dot, so the others stand out. */
function StepMark({
  status,
  decisive,
}: {
  status: NonNullable<Step['status']>;
  decisive: boolean;
}) {
  if (status === 'completed') {
    return (
      <span
        aria-hidden
        title={decisive ? 'decides' : undefined}
        className={cn(
          'mx-0.5 size-2 shrink-0',
          decisive ? 'rotate-45 bg-accent' : 'rounded-full bg-line-strong',
        )}
      />
    );
  }
  return <VerdictMark verdict={statusVerdict(status)} />;
}

function Bar({ step, span, window, trackPx, label }: TimelineRowProps & { label: string }) {
  const bar = placeBar(span, window, trackPx, label.length * LABEL_CHAR_PX + LABEL_PAD_PX);
  const failed = isFailed(step);
  const running = step.status === 'running';
  const tone = failed ? 'var(--failed)' : running ? 'var(--running)' : 'var(--bar)';
  const measured = span.durationKnown;
  return (
    <div aria-hidden className="relative h-full shrink-0" style={{ width: trackPx }}>
      <Gap span={span} window={window} trackPx={trackPx} />
      {bar.outside === null ? (
        <div
          title={`${measured ? 'measured' : 'inferred'}: ${label}, from ${formatDuration(span.startMs)}`}
          className={cn(
            'absolute top-1/2 h-3 -translate-y-1/2 rounded-[3px]',
            running && 'pulse-mark',
          )}
          style={{
            left: bar.leftPx,
            width: bar.widthPx,
            ...(measured || running
              ? { background: tone }
              : {
                  border: `1px solid ${tone}`,
                  background: `repeating-linear-gradient(135deg, ${tone} 0 2px, transparent 2px 5px)`,
                }),
          }}
        />
      ) : (
        <span
          className={cn(
            'absolute inset-y-0 flex items-center text-xs text-ink-faint',
            bar.outside === 'before' ? 'left-0' : 'right-0',
          )}
        >
          {bar.outside === 'before' ? '‹' : '›'}
        </span>
      )}
      {bar.labelPx === null ? null : (
        <span
          className={cn(
            'absolute top-1/2 -translate-y-1/2 text-xs leading-4 whitespace-nowrap text-ink-muted',
            bar.labelInside && 'rounded-sm bg-panel px-1',
          )}
          style={{ left: bar.labelPx }}
        >
          {label}
        </span>
      )}
    </div>
  );
}

/** The idle time before a step, if it is long enough to be visible. */
function Gap({ span, window, trackPx }: Pick<TimelineRowProps, 'span' | 'window' | 'trackPx'>) {
  if (span.gapMs === 0) return null;
  const gap = { startMs: span.startMs - span.gapMs, endMs: span.startMs };
  const { leftPx, widthPx, outside } = placeBar(gap, window, trackPx, 0);
  if (outside !== null || widthPx < MIN_GAP_PX) return null;
  return (
    <div
      title={`${formatDuration(span.gapMs)} without a recorded step`}
      // The gap is drawn below the label, which may be left of the bar.
      className="absolute bottom-0.5 h-1.5 border-x border-b border-dashed border-line-strong"
      style={{ left: leftPx, width: widthPx }}
    />
  );
}

function durationText(step: Step, span: Span): string {
  if (typeof step.durationMs === 'number') return formatDuration(step.durationMs);
  if (step.status === 'running') return 'running';
  return span.endMs > span.startMs ? `≈ ${formatDuration(span.endMs - span.startMs)}` : '–';
}
