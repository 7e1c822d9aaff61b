import type { SearchMatch } from '@xray/core';
import { Highlighted } from './highlighted';
import type { Row } from './use-execution-list';

/** The first match of the searched words in an execution, and the number of other matches. */
export function MatchLine({ row }: { row: Row }) {
  const [match, ...others] = row.matches ?? [];
  if (match === undefined) return null;
  return (
    <p className="flex h-6 items-start gap-1.5 text-xs text-ink-muted">
      <span className="max-w-1/3 shrink-0 truncate text-ink-faint" title={match.path}>
        {matchPlace(match)}
      </span>
      <span className="min-w-0 truncate" title={match.snippet}>
        <Highlighted text={match.snippet} ranges={match.ranges} />
      </span>
      {others.length > 0 ? (
        <span className="shrink-0 text-ink-faint">+{others.length} more</span>
      ) : null}
    </p>
  );
}

export function matchPlace({ step, field }: SearchMatch): string {
  return step === null ? field : `${step.name} · ${field}`;
}
