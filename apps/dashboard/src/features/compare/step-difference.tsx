import type { ComparedStep, StepRef } from '@xray/core';
import Link from 'next/link';
import { ValueChangeList } from '@/components/json/value-change-list';
import { Term } from '@/components/term';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { executionHref } from '@/lib/links';
import { statusVerdict } from '@/lib/verdict';
import { CandidateDifferences } from './candidate-differences';
import { RuleDifferences } from './rule-differences';

const KINDS: Record<ComparedStep['kind'], string> = {
  same: 'equal',
  changed: 'changed',
  added: 'only in b',
  removed: 'only in a',
  moved: 'moved',
};

interface StepDifferenceProps {
  app: string;
  a: string;
  b: string;
  step: ComparedStep;
  isFirst: boolean;
  isParting: boolean;
}

/** A step that differs: both sides, then rules, candidates and values. */
export function StepDifference({ app, a, b, step, isFirst, isParting }: StepDifferenceProps) {
  return (
    <section
      aria-label={`Step ${step.a?.name ?? step.b?.name ?? ''}: ${KINDS[step.kind]}`}
      className={cn('rounded-md border border-line bg-panel', isFirst && 'border-2 border-accent')}
    >
      {isFirst || isParting ? (
        <p className="rounded-t bg-accent-soft px-4 py-1 text-xs font-medium">
          {[isFirst ? 'first difference' : null, isParting ? 'they diverge here' : null]
            .filter(Boolean)
            .join(' · ')}
        </p>
      ) : null}
      <div className="grid grid-cols-2 text-sm">
        <SideHead
          app={app}
          executionId={a}
          step={step.a}
          name="a"
          className="border-r border-line"
        />
        <SideHead
          app={app}
          executionId={b}
          step={step.b}
          name="b"
          note={step.kind === 'moved' ? 'moved' : null}
        />
      </div>
      <RuleDifferences step={step} />
      {step.candidates === null ? null : <CandidateDifferences candidates={step.candidates} />}
      {step.changes.length === 0 ? null : (
        <div className="border-t border-line">
          <ValueChangeList changes={step.changes} more={step.moreChanges} />
        </div>
      )}
    </section>
  );
}

function SideHead({
  app,
  executionId,
  step,
  name,
  note = null,
  className,
}: {
  app: string;
  executionId: string;
  step: StepRef | null;
  name: string;
  note?: string | null;
  className?: string;
}) {
  return (
    <div className={cn('flex min-w-0 flex-wrap items-center gap-x-2 px-4 py-2', className)}>
      {step === null ? (
        <span className="text-ink-faint">not in {name}</span>
      ) : (
        <>
          <span className="text-xs text-ink-faint">{step.sequence}</span>
          <Link
            href={executionHref(app, executionId, step)}
            prefetch={false}
            className="touch-link min-w-10 font-medium wrap-anywhere hover:underline"
          >
            <Term kind="steps" code={step.name} />
          </Link>
          {step.status === 'completed' ? null : (
            <VerdictLabel verdict={statusVerdict(step.status)} className="text-ink-muted" />
          )}
          {note === null ? null : <span className="text-xs text-ink-muted">{note}</span>}
        </>
      )}
    </div>
  );
}
