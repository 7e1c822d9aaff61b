// No native tag is a field whose options show more than text.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { parseQuery, printQuery, type QueryError } from '@xray/core/query';
import { CornerDownLeftIcon, XIcon } from 'lucide-react';
import {
  lazy,
  Suspense,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import type { TimeRange } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { rememberFilter, useRecentFilters } from './filter-history';
import type { FilterOption } from './filter-options';
import { FilterText } from './filter-text';

const FilterCompletions = lazy(async () => ({
  default: (await import('./filter-completions')).FilterCompletions,
}));

interface FilterInputProps {
  app: string;
  label: string;
  placeholder: string;
  /** The text in the field. */
  text: string;
  onText: (text: string) => void;
  /** The applied filter. Escape returns to it. */
  held: string;
  /** Called with a valid filter in its printed form. */
  onApply: (filter: string) => void;
  /** The time range in which completions are counted. */
  range: TimeRange;
  inputRef?: RefObject<HTMLInputElement | null>;
  before?: ReactNode;
  /** Shown after the text while the text is the applied filter. */
  hint?: ReactNode;
  className?: string;
}

/**
 * A field for the filter language (docs/query-language.md), with colours, completions and marked errors. Enter
 * applies the filter.
 */
export function FilterInput({
  app,
  label,
  placeholder,
  text,
  onText,
  held,
  onApply,
  range,
  inputRef: givenRef,
  before,
  hint,
  className,
}: FilterInputProps) {
  const id = useId();
  const ownRef = useRef<HTMLInputElement>(null);
  const inputRef = givenRef ?? ownRef;
  const recent = useRecentFilters(app);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [options, setOptions] = useState<readonly FilterOption[]>([]);
  const [active, setActive] = useState(-1);
  const [showsError, setShowsError] = useState(false);

  const parsed = parseQuery(text);
  const error = parsed.ok ? null : parsed.error;
  // An unfinished text always has an error at its end. The error is shown after an attempt to apply
  // it.
  const shownError =
    error !== null && (showsError || error.end < caret || text === held) ? error : null;

  const write = (next: string, at: number) => {
    onText(next);
    setCaret(at);
    setActive(-1);
    setOpen(true);
    setShowsError(false);
  };
  const apply = (next: string) => {
    const read = parseQuery(next);
    setOpen(false);
    if (!read.ok) {
      setShowsError(true);
      inputRef.current?.setSelectionRange(read.error.start, read.error.end);
      return;
    }
    const printed = printQuery(read.query);
    rememberFilter(app, recent, printed);
    onApply(printed);
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
      else if (text === held) inputRef.current?.blur();
      else onText(held);
    }
  };

  return (
    <div className={cn('relative', className)}>
      <div
        className={cn(
          'flex h-9 items-center rounded-md border border-line-strong bg-panel focus-within:outline-2 focus-within:outline-accent max-md:h-10',
          shownError !== null && 'border-failed',
        )}
      >
        {before}
        <FilterText
          ref={inputRef}
          text={text}
          error={shownError}
          role="combobox"
          aria-label={label}
          aria-autocomplete="list"
          aria-expanded={open && options.length > 0}
          aria-controls={`${id}-options`}
          aria-activedescendant={active >= 0 && open ? `${id}-option-${active}` : undefined}
          aria-invalid={shownError !== null}
          aria-describedby={shownError === null ? undefined : `${id}-error`}
          placeholder={placeholder}
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
        {text === held ? (
          hint
        ) : (
          <Button
            variant="primary"
            size="sm"
            className="mr-1"
            title="Filter (Enter)"
            aria-label="Apply the filter"
            onClick={() => apply(text)}
          >
            <CornerDownLeftIcon aria-hidden />
          </Button>
        )}
      </div>
      {shownError === null ? null : <FilterError id={`${id}-error`} error={shownError} />}
      {open && shownError === null ? (
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
    </div>
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
