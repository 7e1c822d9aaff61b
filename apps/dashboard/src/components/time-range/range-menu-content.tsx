'use client';

import { useState, type ReactElement } from 'react';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { cn } from '@/lib/cn';
import { useZone } from '@/lib/preferences';
import { DEFAULT_FROM, PRESETS, type TimeRange } from './time-range';
import { fromZonedInput, toZonedInput } from './zoned-input';

const FIELD = 'h-8 w-full rounded-md border border-line-strong bg-panel px-2 text-sm';

export interface RangeMenuProps {
  value: TimeRange;
  onChange: (value: TimeRange) => void;
}

export function RangeMenuContent({
  trigger,
  value,
  onChange,
}: RangeMenuProps & { trigger: ReactElement }) {
  const zone = useZone();
  const [open, setOpen] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const choose = (next: TimeRange) => {
    setProblem(null);
    onChange(next);
    setOpen(false);
  };
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
      <PopoverContent align="end" aria-label="Time range" className="w-72 p-2">
        <div className="flex flex-col">
          {PRESETS.map(({ from, label }) => {
            const current = value.to === null && (value.from ?? DEFAULT_FROM) === from;
            return (
              <button
                key={from}
                type="button"
                aria-pressed={current}
                className={cn(
                  'h-8 rounded px-2 text-left text-sm hover:bg-hover',
                  current && 'bg-accent-soft font-medium',
                )}
                onClick={() => choose({ from: from === DEFAULT_FROM ? null : from, to: null })}
              >
                {label}
              </button>
            );
          })}
        </div>
        <form
          className="mt-2 flex flex-col gap-2 border-t border-line p-2 pb-0"
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            const from = fromZonedInput(data.get('from'), zone);
            const to = fromZonedInput(data.get('to'), zone);
            if (from === null && to === null) setProblem('Enter at least one of the two times.');
            else if (from !== null && to !== null && from >= to)
              setProblem('The end must be after the start.');
            else choose({ from: from ?? 'all', to });
          }}
        >
          <label className="text-xs text-ink-muted">
            From ({zone === 'utc' ? 'UTC' : 'local'})
            <input
              type="datetime-local"
              step="1"
              name="from"
              defaultValue={toZonedInput(value.from, zone)}
              className={FIELD}
            />
          </label>
          <label className="text-xs text-ink-muted">
            To
            <input
              type="datetime-local"
              step="1"
              name="to"
              defaultValue={toZonedInput(value.to, zone)}
              className={FIELD}
            />
          </label>
          {problem === null ? null : (
            <p role="alert" className="text-xs">
              {problem}
            </p>
          )}
          <Button type="submit" variant="primary">
            Apply
          </Button>
        </form>
      </PopoverContent>
    </Popover>
  );
}
