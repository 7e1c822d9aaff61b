import type { CohortComparison, CohortExplanation } from '@xray/core';
import Link from 'next/link';
import { outcomeWord } from '@/components/charts/outcome-mix';
import { useNames } from '@/lib/dictionary';
import { formatShare, formatSharesApart, plural } from '@/lib/format';
import { filteredHref } from '@/lib/links';
import { bothFilters } from './cohort-query';
import { howText, traitName, traitWords } from './explanation-words';
import { differenceText } from './interval-layout';

/** Traits associated with the change, the strongest first, with links to their executions. */
export function Explanations({ app, comparison }: { app: string; comparison: CohortComparison }) {
  const names = useNames();
  const { explained, explanations, tested, warnings } = comparison;
  if (explained === null) {
    // The server's warnings explain the empty list, so they come first.
    return warnings.length > 0 ? null : (
      <p className="px-4 text-sm text-ink-muted">
        No outcome rate changed significantly, so there is nothing to explain.
      </p>
    );
  }
  const word = outcomeWord(explained.outcome, names);
  return (
    <section aria-label={`Associated with the change in ${word}`} className="flex flex-col gap-2">
      <h2 className="px-4 font-semibold wrap-anywhere">Associated with the change in {word}</h2>
      <p className="px-4 text-sm text-ink-muted">
        {plural(tested, 'possible explanation was', 'possible explanations were')} tested.
        {explanations.length === 0 ? ' None is significant.' : ' Only significant ones are listed.'}
      </p>
      <ol className="border-t border-line">
        {explanations.map((explanation, index) => (
          <li
            key={`${explanation.kind} ${explanation.name}`}
            className="grid grid-cols-[2rem_minmax(0,1fr)] border-b border-line px-4 py-2 text-sm"
          >
            <span className="text-ink-faint">{index + 1}</span>
            <ExplanationText
              app={app}
              comparison={comparison}
              explanation={explanation}
              word={word}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

function ExplanationText({
  app,
  comparison,
  explanation,
  word,
}: {
  app: string;
  comparison: CohortComparison;
  explanation: CohortExplanation;
  word: string;
}) {
  const { kind, name, share, a, b, within, without, term, also } = explanation;
  const names = useNames();
  const [before, after] = traitWords(kind);
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-2">
        <span className="min-w-0 wrap-anywhere">
          <span className="text-ink-muted">{before}</span>{' '}
          <strong className="font-semibold" title={name}>
            {traitName(explanation, names)}
          </strong>{' '}
          <span className="text-ink-muted">{after}</span>
        </span>
        <span>{formatSharesApart([a.rate, b.rate]).join(' → ')}</span>
        <span className="text-ink-muted">({differenceText(explanation)})</span>
        {share === null ? null : (
          <span className="font-medium">{formatShare(share)} of the change</span>
        )}
      </p>
      <p className="wrap-anywhere text-ink-muted">
        {howText(explanation)}: with it {word}{' '}
        {formatSharesApart([within.a.rate, within.b.rate]).join(' → ')}, without it{' '}
        {formatSharesApart([without.a.rate, without.b.rate]).join(' → ')}
      </p>
      {also.length === 0 ? null : (
        <p className="wrap-anywhere text-ink-muted">
          indistinguishable from{' '}
          {also
            .map((each) => [traitWords(each.kind)[0], traitName(each, names)].join(' '))
            .join(', ')}
        </p>
      )}
      {term === null ? null : (
        <p className="flex flex-wrap gap-x-4">
          {(['a', 'b'] as const).map((side) => {
            const { q, from, to } = comparison[side];
            const { count } = explanation[side];
            return count === 0 ? (
              <span key={side} className="text-ink-muted">
                none in {side}
              </span>
            ) : (
              <Link
                key={side}
                href={filteredHref(app, bothFilters(q, term), { from, to })}
                prefetch={false}
                className="touch-link text-accent hover:underline"
              >
                {plural(count, 'execution')} in {side}
              </Link>
            );
          })}
        </p>
      )}
    </div>
  );
}
