'use client';

import type { QueryError } from '@xray/core/query';
import { useRef, type ComponentProps } from 'react';
import { cn } from '@/lib/cn';
import { filterSegments, type FilterSegment } from './filter-segments';

const TYPE = 'font-mono text-[13px] leading-5 max-md:text-base whitespace-pre';

const COLOURS: Record<FilterSegment['kind'], string> = {
  space: '',
  field: 'text-json-key',
  sign: 'text-ink-muted',
  value: 'text-ink',
  text: 'text-json-string',
  word: 'text-json-word',
};

interface FilterTextProps extends Omit<ComponentProps<'input'>, 'value'> {
  text: string;
  error: QueryError | null;
}

/**
 * A field with coloured text. The input's letters are transparent, and coloured ones are under it.
 */
export function FilterText({ text, error, className, ...input }: FilterTextProps) {
  const underRef = useRef<HTMLDivElement>(null);
  return (
    <div className={cn('relative h-full min-w-0 flex-1', className)}>
      <div
        ref={underRef}
        aria-hidden
        className={cn('pointer-events-none absolute inset-0 overflow-hidden py-2', TYPE)}
      >
        {filterSegments(text, error).map((segment, index) => (
          <span
            // Only the index identifies a piece of text.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            className={cn(
              COLOURS[segment.kind],
              segment.term !== null &&
                segment.kind !== 'text' &&
                (segment.negated ? 'bg-removed-soft' : 'bg-accent-soft'),
              segment.wrong && 'underline decoration-failed decoration-wavy decoration-2',
            )}
          >
            {segment.text}
          </span>
        ))}
        {error !== null && error.start >= text.length ? (
          <span className="underline decoration-failed decoration-wavy decoration-2">{'  '}</span>
        ) : null}
      </div>
      <input
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        value={text}
        onScroll={(event) => {
          if (underRef.current !== null)
            underRef.current.scrollLeft = event.currentTarget.scrollLeft;
        }}
        className={cn(
          'relative h-full w-full bg-transparent text-ink caret-ink outline-none [-webkit-text-fill-color:transparent] placeholder:text-ink-faint placeholder:[-webkit-text-fill-color:var(--ink-faint)]',
          TYPE,
        )}
        {...input}
      />
    </div>
  );
}
