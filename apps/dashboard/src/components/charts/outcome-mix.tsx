import { toneClass, toneStyle } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { asRecorded, useNames, type Names } from '@/lib/dictionary';
import { formatCount, formatShare } from '@/lib/format';
import { useOutcomes, type Outcomes } from '@/lib/outcomes';
import { distinctVerdicts, statusVerdict, verdictName, type Verdict } from '@/lib/verdict';

/** The count of each outcome as a part of one bar. The bar is decoration: the caller shows the words. */
export function OutcomeMix({
  pipeline,
  outcomes,
  className,
}: {
  pipeline: string;
  outcomes: readonly { outcome: string | null; count: number }[];
  className?: string;
}) {
  const total = outcomes.reduce((sum, { count }) => sum + count, 0);
  const meanings = useOutcomes();
  const names = useNames();
  const verdictOf = mixVerdicts(meanings, pipeline, outcomes);
  return (
    <span
      aria-hidden
      className={cn('flex h-2 gap-px overflow-hidden rounded-full bg-sunken', className)}
    >
      {meanings.sort(pipeline, outcomes, nameOf).map(({ outcome, count }) => {
        const verdict = verdictOf(outcome);
        return count === 0 ? null : (
          <span
            key={outcome}
            title={`${verdictName(verdict, names)} ${formatCount(count)} (${formatShare(count / total)})`}
            className={cn('min-w-0.5 bg-current', toneClass(verdict))}
            style={{ width: `${(count / total) * 100}%`, ...toneStyle(verdict) }}
          />
        );
      })}
    </span>
  );
}

/** Verdicts of outcomes that are shown together. Each has its own colour. */
export function mixVerdicts(
  meanings: Outcomes,
  pipeline: string,
  outcomes: readonly { outcome: string | null }[],
): (outcome: string | null) => Verdict {
  return distinctVerdicts(
    outcomes.map(({ outcome }) => outcome),
    (outcome) => mixVerdict(meanings, pipeline, outcome),
  );
}

const nameOf = ({ outcome }: { outcome: string | null }): string | null => outcome;

/** The word of an outcome. A null outcome means that nothing was decided, or not yet. */
export function outcomeWord(outcome: string | null, names: Names): string {
  return outcome === null ? 'no outcome' : names('outcomes', outcome);
}

/** A null outcome means that nothing was decided, or not yet. */
export function mixVerdict(
  meanings: Outcomes,
  pipeline: string | null,
  outcome: string | null,
): Verdict {
  return outcome === null
    ? { ...statusVerdict('completed'), word: outcomeWord(null, asRecorded) }
    : meanings.verdict(pipeline, outcome);
}
