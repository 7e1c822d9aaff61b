import type { CandidateDifference } from '@xray/core';
import { ValueChangeList } from '@/components/json/value-change-list';
import { VerdictLabel } from '@/components/verdict-mark';
import { formatApart, formatCount, plural } from '@/lib/format';
import { outcomeVerdict } from '@/lib/verdict';

type Place = CandidateDifference['moved'][number]['a'];

/** The candidates of a step on both sides, and those with a different outcome. */
export function CandidateDifferences({ candidates }: { candidates: CandidateDifference }) {
  const { moved, moreMoved, counts, moreCounts, otherwiseChanged, sampled } = candidates;
  const [cutoffA, cutoffB] = formatApart([candidates.cutoff.a, candidates.cutoff.b]);
  const cutoffs = { a: cutoffA, b: cutoffB };
  return (
    <div className="border-t border-line text-sm">
      <div className="grid grid-cols-2">
        {(['a', 'b'] as const).map((side) => (
          <p key={side} className="px-4 py-1.5 first:border-r first:border-line">
            {formatCount(candidates.in[side])} in, {formatCount(candidates.out[side])} out
            {candidates.cutoff[side] === null ? null : (
              <span className="text-ink-muted"> · cutoff {cutoffs[side]}</span>
            )}
          </p>
        ))}
      </div>
      {moved.length === 0 ? null : (
        <table className="w-full table-fixed">
          <caption className="sr-only">Candidates with a different outcome</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">In a</th>
              <th scope="col">In b</th>
            </tr>
          </thead>
          <tbody>
            {moved.map(({ id, a, b }) => (
              <tr key={id} className="border-t border-line">
                <td className="border-r border-line px-4 py-1 align-top">
                  <Fate id={id} place={a} other={b} cutoff={candidates.cutoff.a} />
                </td>
                <td className="px-4 py-1 align-top">
                  <Fate id={id} place={b} other={a} cutoff={candidates.cutoff.b} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Only name="Only in a" ids={candidates.onlyInA} more={candidates.moreOnlyInA} />
      <Only name="Only in b" ids={candidates.onlyInB} more={candidates.moreOnlyInB} />
      {counts.length === 0 ? null : (
        <div className="border-t border-line">
          <ValueChangeList changes={counts} more={moreCounts} />
        </div>
      )}
      {moreMoved > 0 || otherwiseChanged > 0 || sampled ? (
        <p className="border-t border-line px-4 py-1.5 text-ink-muted">
          {[
            moreMoved > 0
              ? `${plural(moreMoved, 'more candidate')} with a different outcome or reason.`
              : '',
            otherwiseChanged > 0
              ? `${plural(otherwiseChanged, 'candidate')} with the same outcome but a different score or rank.`
              : '',
            sampled ? 'Not every candidate was recorded individually. The counts are exact.' : '',
          ]
            .filter(Boolean)
            .join(' ')}
        </p>
      ) : null}
    </div>
  );
}

function Fate({
  id,
  place,
  other,
  cutoff,
}: {
  id: string;
  place: Place;
  /** The candidate's place on the other side. */
  other: Place;
  cutoff: number | null;
}) {
  const [score] = formatApart([place.score, other.score, cutoff]);
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-2">
      <code className="text-mono wrap-anywhere">{id}</code>
      {place.outcome === null ? null : <VerdictLabel verdict={outcomeVerdict(place.outcome)} />}
      <span className="wrap-anywhere text-ink-muted">
        {[
          place.reason,
          place.score === null ? null : score,
          place.rank === null ? null : `rank ${place.rank}`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </span>
  );
}

function Only({ name, ids, more }: { name: string; ids: readonly string[]; more: number }) {
  if (ids.length === 0) return null;
  return (
    <p className="border-t border-line px-4 py-1.5">
      <span className="text-ink-muted">{name}:</span>{' '}
      <span className="text-mono wrap-anywhere">{ids.join(', ')}</span>
      {more > 0 ? <span className="text-ink-muted"> and {formatCount(more)} more</span> : null}
    </p>
  );
}
