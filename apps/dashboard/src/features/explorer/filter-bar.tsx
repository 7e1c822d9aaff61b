// A field whose options show more than text cannot be made of the native tags.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { CornerDownLeftIcon, SearchIcon, XIcon } from 'lucide-react';
import { parseQuery, printQuery, type QueryError } from '@xray/core/query';
import { lazy, Suspense, useId, useRef, useState, type KeyboardEvent } from 'react';
import type { TimeRange } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { useHotkeys } from '@/lib/hotkeys';
import { FilterText } from './filter-text';
import { rememberFilter, useRecentFilters } from './filter-history';
import type { FilterOption } from './filter-options';

const FilterCompletions = lazy(async () => ({
  default: (await import('./filter-completions')).FilterCompletions,
}));

interface FilterBarProps {
  app: string;
  /** The filter that holds. */
  q: string;
  range: TimeRange;
  onChange: (q: string) => void;
}

/**
 * One field in the filter language (docs/query-language.md): coloured as it is written, with completion,
 * and with what is wrong marked in its place. Enter lets it hold.
 */
export function FilterBar({ app, q, range, onChange }: FilterBarProps) {
  const id = useId();
  const inputRef = useRef<HTMLInputElement>(null);
  const recent = useRecentFilters(app);
  // A draft belongs to the filter that it was begun from; with another one it is gone.
  const [draft, setDraft] = useState({ of: q, text: q });
  const text = draft.of === q ? draft.text : q;
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [options, setOptions] = useState<readonly FilterOption[]>([]);
  const [active, setActive] = useState(-1);
  const [told, setTold] = useState(false);
  useHotkeys({
    '/': () => {
      inputRef.current?.focus();
      inputRef.current?.select();
    },
  });

  const parsed = parseQuery(text);
  const error = parsed.ok ? null : parsed.error;
  // What is still being written is wrong at its end until it is finished: said once it was tried.
  const said = error !== null && (told || error.end < caret || text === q) ? error : null;

  const write = (next: string, at: number) => {
    setDraft({ of: q, text: next });
    setCaret(at);
    setActive(-1);
    setOpen(true);
    setTold(false);
  };
  const apply = (next: string) => {
    const read = parseQuery(next);
    if (!read.ok) {
      setTold(true);
      setOpen(false);
      inputRef.current?.setSelectionRange(read.error.start, read.error.end);
      return;
    }
    const printed = printQuery(read.query);
    rememberFilter(app, recent, printed);
    setDraft({ of: printed, text: printed });
    setOpen(false);
    onChange(printed);
  };
  const choose = ({ start, end, insert }: FilterOption) => {
    const next = text.slice(0, start) + insert + text.slice(end).replace(/^ +/, '');
    const at = start + insert.length;
    write(next, at);
    const input = inputRef.current;
    input?.focus();
    requestAnimationFrame(() => input?.setSelectionRange(at, at));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const shown = open && options.length > 0;
    const chosen = shown ? options[active] : undefined;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((old) => (shown ? (old + step + options.length + 1) % (options.length + 1) : -1));
      if (shown && active + step >= options.length) setActive(-1);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (chosen === undefined) apply(text);
      else choose(chosen);
    } else if (event.key === 'Tab' && chosen !== undefined) {
      event.preventDefault();
      choose(chosen);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (shown) setOpen(false);
      else if (text === q) inputRef.current?.blur();
      else setDraft({ of: q, text: q });
    }
  };

  return (
    <search className="relative mx-4 mb-2 block print:hidden">
      <div
        className={cn(
          'flex h-9 items-center rounded-md border border-line-strong bg-panel focus-within:outline-2 focus-within:outline-accent max-md:h-10',
          said !== null && 'border-failed',
        )}
      >
        <SearchIcon aria-hidden className="mx-2.5 size-4 shrink-0 text-ink-faint" />
        <FilterText
          ref={inputRef}
          text={text}
          error={said}
          role="combobox"
          aria-label="Filter"
          aria-autocomplete="list"
          aria-expanded={open && options.length > 0}
          aria-controls={`${id}-options`}
          aria-activedescendant={active >= 0 && open ? `${id}-option-${active}` : undefined}
          aria-invalid={said !== null}
          aria-describedby={said === null ? undefined : `${id}-error`}
          placeholder="outcome:declined reason:SCORE_LOW duration:>500ms, or words to search for"
          onChange={(event) =>
            write(event.target.value, event.target.selectionStart ?? event.target.value.length)
          }
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {text === '' ? null : (
          <Button
            variant="ghost"
            size="iconSm"
            className="mx-1"
            aria-label="Clear the filter"
            title="Clear the filter"
            onClick={() => apply('')}
          >
            <XIcon aria-hidden />
          </Button>
        )}
        {text === q ? (
          <kbd
            aria-hidden
            className="mr-2 rounded border border-line px-1 font-mono text-[11px] leading-4 text-ink-faint max-md:hidden"
          >
            /
          </kbd>
        ) : (
          <Button
            variant="primary"
            size="sm"
            className="mr-1"
            title="Filter (Enter)"
            aria-label="Filter by this"
            onClick={() => apply(text)}
          >
            <CornerDownLeftIcon aria-hidden />
          </Button>
        )}
      </div>
      {said === null ? null : <FilterError id={`${id}-error`} error={said} />}
      {open && said === null ? (
        <Suspense>
          <FilterCompletions
            id={id}
            app={app}
            range={range}
            text={text}
            caret={caret}
            recent={recent}
            options={options}
            onOptions={setOptions}
            active={active}
            onActive={setActive}
            onChoose={choose}
          />
        </Suspense>
      ) : null}
    </search>
  );
}

function FilterError({ id, error }: { id: string; error: QueryError }) {
  return (
    <p
      id={id}
      role="alert"
      className="absolute inset-x-0 top-full z-30 mt-1 rounded-md border border-failed bg-panel px-3 py-2 text-sm shadow-lg"
    >
      <span className="text-ink-muted">At character {error.start + 1}:</span> {error.message}
    </p>
  );
}
