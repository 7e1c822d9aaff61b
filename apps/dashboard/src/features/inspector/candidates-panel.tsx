'use client';

import type { CandidateSet } from '@xray/core';
import { isNumber } from '@xray/core/exact-json';
import { useMemo, useState } from 'react';
import { toneClass, toneStyle, VerdictMark } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatCount, formatShare } from '@/lib/format';
import { distinctVerdicts, outcomeVerdict } from '@/lib/verdict';
import {
  candidateRows,
  sharesOf,
  textsOfScores,
  viewCandidates,
  type CandidateSort,
} from './candidate-rows';
import { CandidatesTable } from './candidates-table';

const REASONS_SHOWN = 6;
const SORTS: Record<CandidateSort, string> = {
  given: 'As recorded',
  score: 'Best score',
  rank: 'Rank',
  cutoff: 'Nearest to the cutoff',
  id: 'Id',
};
const FIELD = 'h-7 rounded-md border border-line bg-panel px-2 text-sm';

/** Shows how many candidates went in and out, their reasons, and each candidate. */
export function CandidatesPanel({ set, find }: { set: CandidateSet; find: string }) {
  const [text, setText] = useState(find);
  const [outcome, setOutcome] = useState<string | null>(null);
  const [sort, setSort] = useState<CandidateSort>('given');
  const rows = useMemo(() => candidateRows(set), [set]);
  const shown = useMemo(
    () => viewCandidates(rows, { text, outcome, sort }, set.cutoff ?? null),
    [rows, text, outcome, sort, set.cutoff],
  );
  const scoreTexts = useMemo(() => textsOfScores(rows, set.cutoff ?? null), [rows, set.cutoff]);
  const outcomes = sharesOf(set.byOutcome);
  const verdictOf = useMemo(
    () =>
      distinctVerdicts(
        rows.map((row) => row.outcome).concat(Object.keys(set.byOutcome)),
        outcomeVerdict,
      ),
    [rows, set.byOutcome],
  );
  const reasons = sharesOf(set.byReason ?? {});
  const sorts = (Object.keys(SORTS) as CandidateSort[]).filter(
    (each) => each !== 'cutoff' || isNumber(set.cutoff),
  );

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-col gap-2 p-4 pb-2">
        <p className="text-sm wrap-anywhere">
          <strong className="font-semibold">{formatCount(set.in)}</strong> in →{' '}
          <strong className="font-semibold">{formatCount(set.out)}</strong> out
          {set.type ? <span className="text-ink-muted"> · {set.type}</span> : null}
          {isNumber(set.cutoff) ? (
            <span className="text-ink-muted"> · cutoff {scoreTexts.get(set.cutoff)}</span>
          ) : null}
        </p>
        <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full bg-sunken">
          {outcomes.map(({ name, share }) => {
            const verdict = verdictOf(name);
            return (
              <span
                key={name}
                className={cn('min-w-0.5 bg-current', toneClass(verdict))}
                style={{ width: `${share * 100}%`, ...toneStyle(verdict) }}
              />
            );
          })}
        </div>
        <fieldset aria-label="By outcome" className="flex flex-wrap gap-1">
          {outcomes.map(({ name, count, share }) => (
            <button
              key={name}
              type="button"
              aria-pressed={outcome === name}
              title={formatShare(share)}
              onClick={() => setOutcome(outcome === name ? null : name)}
              className={cn(
                'flex h-6 items-center gap-1.5 rounded-md border border-line px-2 text-xs hover:bg-hover',
                outcome === name && 'border-accent bg-accent-soft',
              )}
            >
              <VerdictMark verdict={verdictOf(name)} />
              {name} {formatCount(count)}
            </button>
          ))}
        </fieldset>
        {reasons.length > 0 ? (
          <ul
            aria-label="Reasons"
            className="flex flex-wrap gap-x-3 gap-y-1 text-xs text-ink-muted"
          >
            {reasons.slice(0, REASONS_SHOWN).map(({ name, count }) => (
              <li key={name} className="max-w-full truncate">
                {name} <span className="text-ink">{formatCount(count)}</span>
              </li>
            ))}
            {reasons.length > REASONS_SHOWN ? (
              <li>and {reasons.length - REASONS_SHOWN} more</li>
            ) : null}
          </ul>
        ) : null}
        <div className="flex flex-wrap gap-2">
          <input
            type="search"
            aria-label="Find a candidate"
            placeholder="Id or reason"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={cn(FIELD, 'min-w-32 flex-1 placeholder:text-ink-faint')}
          />
          <select
            aria-label="Order of the candidates"
            value={sort}
            onChange={(event) => setSort(event.target.value as CandidateSort)}
            className={FIELD}
          >
            {sorts.map((each) => (
              <option key={each} value={each}>
                {SORTS[each]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <CandidatesTable
        rows={shown}
        cutoff={set.cutoff ?? null}
        scoreTexts={scoreTexts}
        verdictOf={verdictOf}
      />
      <p className="shrink-0 border-t border-line px-4 py-1.5 text-xs text-ink-muted">
        {shown.length === rows.length
          ? formatCount(rows.length)
          : `${formatCount(shown.length)} of ${formatCount(rows.length)}`}{' '}
        of {formatCount(set.in)} candidates recorded. The counts above are exact.
      </p>
    </div>
  );
}
