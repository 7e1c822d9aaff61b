// No native tag has options with a hint next to them.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { TimeRange } from '@/components/time-range/time-range';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { facetsQuery } from './counts-queries';
import { filterOptions, restOfFilter, type FilterOption } from './filter-options';

/** Completions, under the filter's field, which keeps the focus. */
export function FilterCompletions({
  id,
  app,
  range,
  text,
  caret,
  recent,
  options,
  onOptions,
  active,
  onActive,
  onChoose,
}: {
  id: string;
  app: string;
  range: TimeRange;
  text: string;
  caret: number;
  recent: readonly string[];
  options: readonly FilterOption[];
  onOptions: (options: readonly FilterOption[]) => void;
  active: number;
  onActive: (index: number) => void;
  onChoose: (option: FilterOption) => void;
}) {
  const { data } = useQuery(facetsQuery(app, restOfFilter(text, caret), range, 50));
  const names = useNames();
  const found = useMemo(
    () => filterOptions(text, caret, data?.items ?? [], recent, names),
    [text, caret, data, recent, names],
  );
  // The field needs the options for its keys.
  useEffect(() => onOptions(found), [found, onOptions]);
  if (options.length === 0) return null;
  return (
    <div
      id={`${id}-options`}
      role="listbox"
      aria-label="Suggestions"
      className="absolute top-full right-0 left-0 z-30 mt-1 max-h-80 max-w-2xl overflow-y-auto rounded-md border border-line-strong bg-panel p-1 shadow-lg"
    >
      {options.map((option, index) => (
        <div
          key={`${option.hint} ${option.label}`}
          id={`${id}-option-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          // Runs before the field loses the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            onChoose(option);
          }}
          onPointerMove={() => onActive(index)}
          className={cn(
            'flex min-h-7 cursor-pointer items-center gap-3 rounded px-2',
            index === active && 'bg-hover',
          )}
        >
          <span className="text-mono min-w-0 flex-1 truncate" title={option.label}>
            {option.label}
          </span>
          <span className="max-w-1/2 shrink-0 truncate text-xs text-ink-muted" title={option.hint}>
            {option.hint}
          </span>
        </div>
      ))}
    </div>
  );
}
