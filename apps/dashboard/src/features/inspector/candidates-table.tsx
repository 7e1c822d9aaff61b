// No native tag is a table that renders only the visible rows.
/* oxlint-disable jsx-a11y/prefer-tag-over-role, react/incompatible-library */
'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatNumber } from '@/lib/format';
import type { Verdict } from '@/lib/verdict';
import type { CandidateRow } from './candidate-rows';

const ROW_PX = 28;
/** The least width of the score column in digits. */
const SCORE_CHARS = 8;
const FIRST = 'minmax(6rem, 1.6fr) minmax(5.5rem, 1fr) minmax(5rem, 1.4fr)';

/** Renders the visible ones of thousands of candidates. */
export function CandidatesTable({
  rows,
  cutoff,
  scoreTexts,
  verdictOf,
}: {
  rows: readonly CandidateRow[];
  cutoff: number | null;
  /** The texts by score. */
  scoreTexts: ReadonlyMap<number, string>;
  verdictOf: (outcome: string) => Verdict;
}) {
  const scrollRef = useRef<HTMLDivElement>(null);
  const isScored = useMemo(() => rows.some(({ score }) => score !== null), [rows]);
  const isRanked = useMemo(() => rows.some(({ rank }) => rank !== null), [rows]);
  const scoreWidth = Math.max(SCORE_CHARS, ...[...scoreTexts.values()].map(({ length }) => length));
  const template = `${FIRST}${isScored ? ` ${scoreWidth}ch` : ''}${isRanked ? ' 3rem' : ''}`;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => ROW_PX,
    scrollMargin: ROW_PX,
    overscan: 10,
  });
  return (
    <div
      ref={scrollRef}
      role="table"
      aria-label="Candidates"
      aria-rowcount={rows.length + 1}
      // A scrolling box without focusable content must be focusable itself (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="min-h-40 flex-1 overflow-auto border-t border-line focus-visible:-outline-offset-2"
    >
      <div role="rowgroup" className={cn('sticky top-0 z-10', isScored && 'min-w-[26rem]')}>
        <div
          role="row"
          className="grid items-center gap-x-2 border-b border-line bg-panel px-4 text-xs text-ink-muted"
          style={{ gridTemplateColumns: template, height: ROW_PX }}
        >
          <span role="columnheader">Candidate</span>
          <span role="columnheader">Outcome</span>
          <span role="columnheader">Reason</span>
          {isScored ? (
            <span role="columnheader" className="text-right">
              Score
            </span>
          ) : null}
          {isRanked ? (
            <span role="columnheader" className="text-right">
              Rank
            </span>
          ) : null}
        </div>
      </div>
      <div
        role="rowgroup"
        className={cn('relative', isScored && 'min-w-[26rem]')}
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className="absolute inset-x-0 top-0 grid items-center gap-x-2 border-b border-line px-4 text-sm"
              style={{
                gridTemplateColumns: template,
                height: ROW_PX,
                transform: `translateY(${item.start - ROW_PX}px)`,
              }}
            >
              <span role="cell" className="text-mono truncate" title={row.id}>
                {row.id}
              </span>
              <span role="cell" className="min-w-0">
                <VerdictLabel verdict={verdictOf(row.outcome)} />
              </span>
              <span role="cell" className="truncate text-ink-muted" title={reasonTitle(row)}>
                {row.reason}
              </span>
              {isScored ? (
                <span role="cell" className="text-right" title={distanceTitle(row, cutoff)}>
                  {row.score === null ? '' : scoreTexts.get(row.score)}
                </span>
              ) : null}
              {isRanked ? (
                <span role="cell" className="text-right text-ink-muted">
                  {row.rank ?? ''}
                </span>
              ) : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function reasonTitle(row: CandidateRow): string {
  return (
    row.detail?.reasons
      ?.map((reason) => [reason.code, reason.text].filter(Boolean).join(': '))
      .join('\n') ?? row.reason
  );
}

function distanceTitle(row: CandidateRow, cutoff: number | null): string | undefined {
  if (row.score === null || cutoff === null) return undefined;
  return `${formatNumber(row.score - cutoff)} from the cutoff`;
}
