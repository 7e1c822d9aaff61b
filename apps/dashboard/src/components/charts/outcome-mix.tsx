import { toneClass, toneStyle } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { formatCount, formatShare } from '@/lib/format';
import { distinctVerdicts, outcomeVerdict, statusVerdict, type Verdict } from '@/lib/verdict';

/** The count of each outcome as a part of one bar. The bar is decoration: the caller shows the words. */
export function OutcomeMix({
  outcomes,
  className,
}: {
  outcomes: readonly { outcome: string | null; count: number }[];
  className?: string;
}) {
  const total = outcomes.reduce((sum, { count }) => sum + count, 0);
  const verdictOf = mixVerdicts(outcomes);
  return (
    <span
      aria-hidden
      className={cn('flex h-2 gap-px overflow-hidden rounded-full bg-sunken', className)}
    >
      {outcomes.map(({ outcome, count }) => {
        const verdict = verdictOf(outcome);
        return count === 0 ? null : (
          <span
            key={outcome}
            title={`${verdict.word} ${formatCount(count)} (${formatShare(count / total)})`}
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
  outcomes: readonly { outcome: string | null }[],
): (outcome: string | null) => Verdict {
  return distinctVerdicts(
    outcomes.map(({ outcome }) => outcome),
    mixVerdict,
  );
}

/** A null outcome means that nothing was decided, or not yet. */
export function mixVerdict(outcome: string | null): Verdict {
  return outcome === null
    ? { ...statusVerdict('completed'), word: 'no outcome' }
    : outcomeVerdict(outcome);
}
