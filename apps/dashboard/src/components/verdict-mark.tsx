'use client';

import type { CSSProperties } from 'react';
import { cn } from '@/lib/cn';
import { nameWithCode, useNames } from '@/lib/dictionary';
import { verdictName, type Shape, type Tone, type Verdict } from '@/lib/verdict';

const TONE_CLASS: Record<Tone, string> = {
  positive: 'text-positive',
  negative: 'text-negative',
  deferred: 'text-deferred',
  failed: 'text-failed',
  running: 'text-running',
  neutral: 'text-neutral',
  named: '',
};

const FILLED: Partial<Record<Shape, string>> = {
  diamond: 'M8 1.2 14.8 8 8 14.8 1.2 8Z',
  triangle: 'M8 1.5 15 14H1Z',
  square: 'M2.5 2.5h11v11h-11Z',
  hexagon: 'M8 1 14.2 4.5v7L8 15 1.8 11.5v-7Z',
  star: 'M8 .8l2.1 4.7 5.1.5-3.9 3.4 1.2 5L8 11.8l-4.5 2.6 1.2-5L.8 6l5.1-.5Z',
  pentagon: 'M8 1l7 5.3-2.7 8.2H3.7L1 6.3Z',
};

/** The shape of a verdict in its colour. The caller must show the word beside it. */
export function VerdictMark({ verdict, className }: { verdict: Verdict; className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 16 16"
      className={cn(
        'size-3 shrink-0',
        toneClass(verdict),
        verdict.tone === 'running' && 'pulse-mark',
        className,
      )}
      style={toneStyle(verdict)}
    >
      <ShapePath shape={verdict.shape} />
    </svg>
  );
}

/** Shape, colour and word together. */
export function VerdictLabel({ verdict, className }: { verdict: Verdict; className?: string }) {
  const name = verdictName(verdict, useNames());
  return (
    <span
      className={cn('inline-flex max-w-full min-w-0 items-center gap-1.5 align-middle', className)}
    >
      <VerdictMark verdict={verdict} />
      <span className="truncate" title={nameWithCode(name, verdict.word)}>
        {name}
      </span>
    </span>
  );
}

/** The text colour of a verdict, for `currentColor`. */
export function toneClass(verdict: Verdict): string {
  return TONE_CLASS[verdict.tone];
}

/** The colour of an outcome without a fixed one. Undefined if a class gives the colour. */
export function toneStyle(verdict: Verdict): CSSProperties | undefined {
  if (verdict.hue === null) return undefined;
  return { color: `oklch(var(--named-lightness) 0.13 ${verdict.hue})` };
}

function ShapePath({ shape }: { shape: Shape }) {
  switch (shape) {
    case 'circle':
      return <circle cx="8" cy="8" r="6.5" fill="currentColor" />;
    case 'cross':
      return (
        <path
          d="M3 3 13 13M13 3 3 13"
          stroke="currentColor"
          strokeWidth="3.4"
          strokeLinecap="round"
        />
      );
    case 'ring':
      return (
        <circle
          cx="8"
          cy="8"
          r="6"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.6"
          strokeDasharray="3.4 2.9"
        />
      );
    case 'dash':
      return <path d="M2.5 8h11" stroke="currentColor" strokeWidth="3" strokeLinecap="round" />;
    default:
      return <path d={FILLED[shape]} fill="currentColor" />;
  }
}
