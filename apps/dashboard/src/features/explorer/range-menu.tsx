'use client';

import { CalendarIcon, ChevronDownIcon } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { cn } from '@/lib/cn';
import { formatAbsolute, type Zone } from '@/lib/format';
import { useZone } from '@/lib/preferences';
import { RANGES, RANGE_NAMES, type RangeName } from './search-params';
import { fromZonedInput, toZonedInput } from './zoned-input';

export interface TimeRange {
  range: RangeName | null;
  from: string | null;
  to: string | null;
}

const FIELD = 'h-8 w-full rounded-md border border-line-strong bg-panel px-2 text-sm';

/** The time that the list covers: back from now, or between two instants. */
export function RangeMenu({
  value,
  onChange,
}: {
  value: TimeRange;
  onChange: (value: TimeRange) => void;
}) {
  const zone = useZone();
  const [open, setOpen] = useState(false);
  const choose = (next: TimeRange) => {
    onChange(next);
    setOpen(false);
  };
  const absolute = value.from !== null || value.to !== null;
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button className="max-w-full min-w-0">
          <CalendarIcon aria-hidden />
          <span className="truncate">{rangeText(value, zone)}</span>
          <ChevronDownIcon aria-hidden className="text-ink-faint" />
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" aria-label="Time range" className="w-72 p-2">
        <div className="flex flex-col">
          {([null, ...RANGE_NAMES] as const).map((range) => {
            const current = !absolute && value.range === range;
            return (
              <button
                key={range ?? 'all'}
                type="button"
                aria-pressed={current}
                className={cn(
                  'h-8 rounded px-2 text-left text-sm hover:bg-hover',
                  current && 'bg-accent-soft font-medium',
                )}
                onClick={() => choose({ range, from: null, to: null })}
              >
                {range === null ? 'All time' : RANGES[range].label}
              </button>
            );
          })}
        </div>
        <form
          className="mt-2 flex flex-col gap-2 border-t border-line p-2 pb-0"
          action={(data) =>
            choose({
              range: null,
              from: fromZonedInput(data.get('from'), zone),
              to: fromZonedInput(data.get('to'), zone),
            })
          }
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
          <Button type="submit" variant="primary">
            Apply
          </Button>
        </form>
      </PopoverContent>
    </Popover>
  );
}

function rangeText(value: TimeRange, zone: Zone): string {
  const from = value.from === null ? null : formatAbsolute(value.from, zone).slice(0, 16);
  const to = value.to === null ? null : formatAbsolute(value.to, zone).slice(0, 16);
  if (from !== null && to !== null) return `${from} – ${to}`;
  if (from !== null) return `Since ${from}`;
  if (to !== null) return `Until ${to}`;
  return value.range === null ? 'All time' : RANGES[value.range].label;
}
