'use client';

import { CalendarIcon, ChevronDownIcon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';
import { cn } from '@/lib/cn';
import { useZone } from '@/lib/preferences';
import type { RangeMenuProps } from './range-menu-content';
import { rangeText } from './time-range';

const Menu = lazyMenu(async () => (await import('./range-menu-content')).RangeMenuContent);

/** Chooses the time range of a page. */
export function RangeMenu({ className, ...props }: RangeMenuProps & { className?: string }) {
  const text = rangeText(props.value, useZone());
  return (
    <Menu
      content={props}
      popup="dialog"
      className={cn('max-w-full min-w-0', className)}
      aria-label={`Time range: ${text}`}
    >
      <CalendarIcon aria-hidden className="max-[420px]:hidden" />
      <span className="truncate">{text}</span>
      <ChevronDownIcon aria-hidden className="text-ink-faint max-[420px]:hidden" />
    </Menu>
  );
}
