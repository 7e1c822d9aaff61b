import type { Comparison } from '@xray/core';
import Link from 'next/link';
import { IdText } from '@/components/id-text';
import { ValueChangeList } from '@/components/json/value-change-list';
import { ExecutionLabel } from '@/components/outcome-label';
import { formatCount, plural } from '@/lib/format';
import { executionHref } from '@/lib/links';

/** The two executions and their differences outside the steps. */
export function ComparisonHead({ app, comparison }: { app: string; comparison: Comparison }) {
  const { a, b, versions, changes, moreChanges } = comparison;
  const total = changes.length + moreChanges;
  return (
    <div className="flex max-h-[45dvh] flex-col overflow-y-auto print:max-h-none">
      <div className="grid grid-cols-2">
        <Side app={app} name="a" side={a} />
        <Side app={app} name="b" side={b} />
      </div>
      {versions.length === 0 ? null : (
        <ul
          aria-label="Different versions"
          className="flex flex-wrap gap-x-4 gap-y-1 border-t border-line px-4 py-2 text-sm"
        >
          {versions.map((version) => (
            <li key={version.name} className="flex max-w-full min-w-0 items-baseline gap-1.5">
              <span className="min-w-0 wrap-anywhere text-ink-muted">{version.name}</span>
              <code className="text-mono min-w-0 wrap-anywhere">
                <span className="rounded-sm bg-removed-soft px-1">{version.a ?? '–'}</span> →{' '}
                <span className="rounded-sm bg-added-soft px-1">{version.b ?? '–'}</span>
              </code>
            </li>
          ))}
        </ul>
      )}
      {total === 0 ? null : (
        <details className="border-t border-line text-sm">
          <summary className="cursor-pointer px-4 py-2 text-ink-muted hover:text-ink">
            {plural(total, 'difference')} outside the steps: input, output, metadata, decision
          </summary>
          <ValueChangeList changes={changes} more={moreChanges} />
        </details>
      )}
    </div>
  );
}

function Side({ app, name, side }: { app: string; name: string; side: Comparison['a'] }) {
  return (
    <section
      aria-label={`Execution ${name}`}
      className="flex min-w-0 flex-col gap-0.5 px-4 py-2 first:border-r first:border-line"
    >
      <div className="flex min-w-0 flex-wrap items-center gap-x-2">
        <span className="text-xs font-semibold text-ink-faint">{name}</span>
        <ExecutionLabel execution={{ ...side, stale: false }} className="font-semibold" />
        <Link
          href={executionHref(app, side.executionId)}
          prefetch={false}
          title={side.pipeline}
          className="line-clamp-2 min-w-0 text-sm wrap-anywhere text-accent hover:underline max-md:min-h-10"
        >
          {side.pipeline}
        </Link>
        {side.environment === null ? null : (
          <span className="min-w-0 text-sm wrap-anywhere text-ink-muted">{side.environment}</span>
        )}
        <IdText id={side.executionId} label={`id of ${name}`} className="text-ink-muted" />
      </div>
      {side.reasons.length === 0 ? null : (
        <p className="line-clamp-2 text-sm wrap-anywhere text-ink-muted">
          {side.reasons.join(', ')}
          {side.moreReasons > 0 ? ` and ${formatCount(side.moreReasons)} more` : ''}
        </p>
      )}
    </section>
  );
}
