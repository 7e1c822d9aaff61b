'use client';

import { Columns3Icon } from 'lucide-react';
import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';
import type { ColumnMenuProps } from './opened-column-menu';

const load = () => import('./opened-column-menu');
const Opened = lazy(async () => ({ default: (await load()).OpenedColumnMenu }));

/** Which columns the list shows, and in which order; null is the default choice. */
export function ColumnMenu(props: ColumnMenuProps) {
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} {...props} />}
      popup="dialog"
      size="icon"
      aria-label="Columns"
      title="Columns"
    >
      <Columns3Icon aria-hidden />
    </LazyMenu>
  );
}
