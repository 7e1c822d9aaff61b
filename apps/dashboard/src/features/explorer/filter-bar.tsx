'use client';

import { SearchIcon } from 'lucide-react';
import { useRef, useState } from 'react';
import { FilterInput } from '@/components/filter/filter-input';
import type { TimeRange } from '@/components/time-range/time-range';
import { useHotkeys } from '@/lib/hotkeys';

interface FilterBarProps {
  app: string;
  /** The applied filter. */
  q: string;
  range: TimeRange;
  onChange: (q: string) => void;
}

/** The list's filter. The key `/` focuses it. */
export function FilterBar({ app, q, range, onChange }: FilterBarProps) {
  const inputRef = useRef<HTMLInputElement>(null);
  // A draft belongs to its applied filter. Another filter drops the draft.
  const [draft, setDraft] = useState({ of: q, text: q });
  const text = draft.of === q ? draft.text : q;
  useHotkeys({
    '/': () => {
      inputRef.current?.focus();
      inputRef.current?.select();
    },
  });

  return (
    <search className="mx-4 mb-2 block print:hidden">
      <FilterInput
        app={app}
        label="Filter"
        placeholder="outcome:declined reason:SCORE_LOW duration:>500ms, or words to search for"
        text={text}
        onText={(next) => setDraft({ of: q, text: next })}
        held={q}
        onApply={(filter) => {
          setDraft({ of: filter, text: filter });
          onChange(filter);
        }}
        range={range}
        inputRef={inputRef}
        before={<SearchIcon aria-hidden className="mx-2.5 size-4 shrink-0 text-ink-faint" />}
        hint={
          <kbd
            aria-hidden
            className="mr-2 rounded border border-line px-1 font-mono text-[11px] leading-4 text-ink-faint max-md:hidden"
          >
            /
          </kbd>
        }
      />
    </search>
  );
}
