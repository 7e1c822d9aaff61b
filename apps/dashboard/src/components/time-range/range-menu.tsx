'use client';

import { CalendarIcon, ChevronDownIcon } from 'lucide-react';
import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';
import { useZone } from '@/lib/preferences';
import type { RangeMenuProps } from './opened-range-menu';
import { rangeText } from './time-range';

const load = () => import('./opened-range-menu');
const Opened = lazy(async () => ({ default: (await load()).OpenedRangeMenu }));

/** The time that a page covers: back from now, or between two instants. */
export function RangeMenu(props: RangeMenuProps) {
  const text = rangeText(props.value, useZone());
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} {...props} />}
      popup="dialog"
      className="max-w-full min-w-0"
      aria-label={`Time range: ${text}`}
    >
      <CalendarIcon aria-hidden />
      <span className="truncate">{text}</span>
      <ChevronDownIcon aria-hidden className="text-ink-faint" />
    </LazyMenu>
  );
}
