'use client';

import { Columns3Icon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';
import type { ColumnMenuProps } from './column-menu-content';

const Menu = lazyMenu(async () => (await import('./column-menu-content')).ColumnMenuContent);

/** Chooses the list's columns and their order. Null means the default. */
export function ColumnMenu(props: ColumnMenuProps) {
  return (
    <Menu content={props} popup="dialog" size="icon" aria-label="Columns" title="Columns">
      <Columns3Icon aria-hidden />
    </Menu>
  );
}
