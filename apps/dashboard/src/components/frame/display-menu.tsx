'use client';

import { SlidersHorizontalIcon } from 'lucide-react';
import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';

const load = () => import('./opened-display-menu');
const Opened = lazy(async () => ({ default: (await load()).OpenedDisplayMenu }));

/** Theme and time zone: preferences of this browser, so not in the address. */
export function DisplayMenu() {
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} />}
      variant="ghost"
      size="icon"
      aria-label="Display: theme and time zone"
      title="Theme and time zone"
    >
      <SlidersHorizontalIcon aria-hidden />
    </LazyMenu>
  );
}
