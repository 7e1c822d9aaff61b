'use client';

import { VerdictLabel, VerdictMark } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { useOutcomes, type Ended } from '@/lib/outcomes';

/** An outcome in the colour of its meaning. A null pipeline stands for several pipelines. */
export function OutcomeLabel({
  pipeline,
  outcome,
  className,
}: {
  pipeline: string | null;
  outcome: string;
  className?: string;
}) {
  return (
    <VerdictLabel verdict={useOutcomes().verdict(pipeline, outcome)} className={cn(className)} />
  );
}

/** An execution's outcome. Its status follows as a mark if it did not complete, or as a word without an outcome. */
export function ExecutionLabel({ execution, className }: { execution: Ended; className?: string }) {
  const { outcome, status } = useOutcomes().ofExecution(execution);
  if (outcome === null) {
    return status === null ? null : <VerdictLabel verdict={status} className={cn(className)} />;
  }
  if (status === null) return <VerdictLabel verdict={outcome} className={cn(className)} />;
  return (
    <span
      className={cn('inline-flex max-w-full min-w-0 items-center gap-1.5 align-middle', className)}
    >
      <VerdictLabel verdict={outcome} />
      <span title={status.word} className="inline-flex shrink-0">
        <VerdictMark verdict={status} />
        <span className="sr-only">, {status.word}</span>
      </span>
    </span>
  );
}
