'use client';

import { FilterIcon, XIcon } from 'lucide-react';
import { useState } from 'react';
import { OptionList } from '@/components/option-list';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { VerdictLabel } from '@/components/verdict-mark';
import { useHotkeys } from '@/lib/hotkeys';
import { outcomeVerdict } from '@/lib/verdict';
import {
  FILTER_FIELDS,
  suggestFilters,
  type FilterField,
  type KnownValues,
} from './filter-suggestions';
import type { ExplorerFilter } from './search-params';

const SEPARATOR = '\u0000';

/** Filters as chips, and one field to add them: type a value, or `field:value`. */
export function FilterBar({
  filter,
  known,
  onChange,
}: {
  filter: ExplorerFilter;
  known: KnownValues;
  onChange: (filter: Partial<ExplorerFilter>) => void;
}) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  useHotkeys({ '/': () => setOpen(true) });

  const active = FILTER_FIELDS.filter((field) => filter[field] !== null);
  const choose = (option: string) => {
    const [field, value] = option.split(SEPARATOR);
    onChange({ [field as FilterField]: value ?? null });
    setText('');
    setOpen(false);
  };

  return (
    <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5">
      <Popover open={open} onOpenChange={setOpen}>
        <PopoverTrigger asChild>
          <Button className="font-normal text-ink-muted">
            <FilterIcon aria-hidden />
            Filter
            <kbd
              aria-hidden
              className="rounded border border-line px-1 font-mono text-[11px] leading-4 max-md:hidden"
            >
              /
            </kbd>
          </Button>
        </PopoverTrigger>
        <PopoverContent aria-label="Add a filter" className="w-80">
          <OptionList
            label="Filter by"
            placeholder="outcome:declined, failed, a pipeline…"
            text={text}
            onTextChange={setText}
            options={suggestFilters(text, known).map(({ field, value }) => ({
              value: `${field}${SEPARATOR}${value}`,
              label: `${field}: ${value}`,
              node: (
                <span className="flex min-w-0 gap-1.5">
                  <span className="shrink-0 text-ink-faint">{field}</span>
                  {field === 'outcome' ? (
                    <VerdictLabel verdict={outcomeVerdict(value)} />
                  ) : (
                    <span className="truncate">{value}</span>
                  )}
                </span>
              ),
            }))}
            empty={
              <>
                No such value here. Write <code className="text-mono">outcome:…</code>,{' '}
                <code className="text-mono">pipeline:…</code> or{' '}
                <code className="text-mono">environment:…</code> for any other.
              </>
            }
            onChoose={choose}
          />
        </PopoverContent>
      </Popover>
      {active.map((field) => (
        <span
          key={field}
          className="flex h-8 max-w-full min-w-0 items-center gap-1 rounded-md bg-accent-soft pl-2 text-sm"
        >
          <span className="shrink-0 text-ink-muted">{field}</span>
          <span className="truncate font-medium" title={filter[field] ?? ''}>
            {filter[field]}
          </span>
          <Button
            variant="ghost"
            size="iconSm"
            className="mr-1"
            aria-label={`Remove the filter ${field} ${filter[field] ?? ''}`}
            onClick={() => onChange({ [field]: null })}
          >
            <XIcon aria-hidden />
          </Button>
        </span>
      ))}
      {active.length > 1 ? (
        <Button
          variant="ghost"
          size="sm"
          onClick={() => onChange(Object.fromEntries(FILTER_FIELDS.map((field) => [field, null])))}
        >
          Clear all
        </Button>
      ) : null}
    </div>
  );
}
