'use client';

import type { Json } from '@xray/core';
import { diffJson } from '@xray/core/json-diff';
import { useMemo } from 'react';
import { ValueChangeList } from './value-change-list';

const MAX_SHOWN = 300;

/** How one value differs from another, path by path. */
export function JsonDiffList({ before, after }: { before: Json; after: Json }) {
  const { changes, more } = useMemo(() => diffJson(before, after, MAX_SHOWN), [before, after]);
  if (changes.length === 0) {
    return <p className="p-4 text-sm text-ink-muted">No differences.</p>;
  }
  return (
    <section
      aria-label="Changes"
      // The keyboard must reach a scrolling box (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="h-full overflow-y-auto focus-visible:-outline-offset-2"
    >
      <ValueChangeList changes={changes} more={more} />
    </section>
  );
}
