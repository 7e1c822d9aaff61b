'use client';

import { CalendarIcon, ChevronDownIcon } from 'lucide-react';
import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';
import { cn } from '@/lib/cn';
import { useZone } from '@/lib/preferences';
import type { RangeMenuProps } from './opened-range-menu';
import { rangeText } from './time-range';

const load = () => import('./opened-range-menu');
const Opened = lazy(async () => ({ default: (await load()).OpenedRangeMenu }));

/** The time that a page covers: back from now, or between two instants. */
export function RangeMenu({ className, ...props }: RangeMenuProps & { className?: string }) {
  const text = rangeText(props.value, useZone());
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} {...props} />}
      popup="dialog"
      className={cn('max-w-full min-w-0', className)}
      aria-label={`Time range: ${text}`}
    >
      <CalendarIcon aria-hidden className="max-[420px]:hidden" />
      <span className="truncate">{text}</span>
      <ChevronDownIcon aria-hidden className="text-ink-faint" />
    </LazyMenu>
  );
}
