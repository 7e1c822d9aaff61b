'use client';

import { Columns3Icon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';
import type { ColumnMenuProps } from './column-menu-content';

const Menu = lazyMenu(async () => (await import('./column-menu-content')).ColumnMenuContent);

/** Which columns the list shows, and in which order; null is the default choice. */
export function ColumnMenu(props: ColumnMenuProps) {
  return (
    <Menu content={props} popup="dialog" size="icon" aria-label="Columns" title="Columns">
      <Columns3Icon aria-hidden />
    </Menu>
  );
}
