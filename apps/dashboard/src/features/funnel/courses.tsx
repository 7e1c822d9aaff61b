import type { Funnel } from '@xray/core';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatShare, plural } from '@/lib/format';

/** The paths of executions, most frequent first. */
export function Courses({ funnel }: { funnel: Funnel }) {
  const names = useNames();
  const { variants, moreVariants, executions } = funnel;
  return (
    <ol className="flex flex-col gap-2 text-sm">
      {variants.map(({ steps, executions: count }) => (
        <li key={steps.join('\n')} className="flex min-w-0 gap-3">
          <span className="w-24 shrink-0 text-right">
            {executions > 0 ? formatShare(count / executions) : ''}{' '}
            <span className="text-ink-muted">{formatCount(count)}</span>
          </span>
          <span className="min-w-0 wrap-anywhere text-ink-muted">
            {steps.length === 0
              ? 'no steps'
              : steps.map((step) => names('steps', step)).join(' → ')}
          </span>
        </li>
      ))}
      {moreVariants > 0 ? (
        <li className="text-ink-muted">{plural(moreVariants, 'execution')} took other paths</li>
      ) : null}
    </ol>
  );
}
