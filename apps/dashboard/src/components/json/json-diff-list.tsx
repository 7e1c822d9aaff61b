'use client';

import type { Json } from '@xray/core';
import { useMemo } from 'react';
import { cn } from '@/lib/cn';
import { diffJson, type Difference } from './json-diff';
import { readablePath } from './json-rows';

const MAX_SHOWN = 300;
const MAX_VALUE_CHARS = 400;
const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

/** How one value differs from another, path by path. */
export function JsonDiffList({ before, after }: { before: Json; after: Json }) {
  const { differences, more } = useMemo(() => diffJson(before, after, MAX_SHOWN), [before, after]);
  if (differences.length === 0) {
    return <p className="p-4 text-sm text-ink-muted">Both are equal.</p>;
  }
  return (
    <section
      aria-label="Changes"
      // What scrolls and holds nothing focusable must take the focus itself (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="h-full overflow-y-auto focus-visible:-outline-offset-2"
    >
      <ul>
        {differences.map((difference) => (
          <DifferenceRow
            key={`${difference.kind} ${difference.pointer}`}
            difference={difference}
            path={relativePath(difference, before, after)}
          />
        ))}
      </ul>
      {more ? (
        <p className="p-4 text-sm text-ink-muted">Only the first {MAX_SHOWN} are shown.</p>
      ) : null}
    </section>
  );
}

/** Without a root's name, since the path may be of either. */
function relativePath({ pointer, kind }: Difference, before: Json, after: Json): string {
  const path = readablePath(pointer, '', '', kind === 'removed' ? before : after);
  return path === '' ? 'the whole' : path.replace(/^\./, '');
}

function DifferenceRow({ difference, path }: { difference: Difference; path: string }) {
  const { kind, before, after } = difference;
  return (
    <li className="text-mono flex gap-2 border-b border-line px-4 py-1.5">
      <span title={kind} className="w-3 shrink-0 text-ink-muted">
        {SIGNS[kind]}
      </span>
      <span className="min-w-0 flex-1">
        <span className="wrap-anywhere text-json-key">{path}</span>
        <span className="flex flex-col items-start gap-0.5">
          {before === undefined ? null : (
            <Side value={before} className="bg-removed-soft line-through decoration-ink-faint" />
          )}
          {after === undefined ? null : <Side value={after} className="bg-added-soft" />}
        </span>
      </span>
    </li>
  );
}

function Side({ value, className }: { value: Json; className: string }) {
  const text = JSON.stringify(value);
  return (
    <span className={cn('max-w-full rounded-sm px-1 wrap-anywhere', className)}>
      {text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text}
    </span>
  );
}
