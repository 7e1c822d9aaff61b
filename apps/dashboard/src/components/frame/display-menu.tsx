'use client';

import { SlidersHorizontalIcon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';

const Menu = lazyMenu(async () => (await import('./display-menu-content')).DisplayMenuContent);

/** Theme and time zone. They belong to this browser and are not in the address. */
export function DisplayMenu() {
  return (
    <Menu
      content={{}}
      variant="ghost"
      size="icon"
      aria-label="Display: theme and time zone"
      title="Theme and time zone"
    >
      <SlidersHorizontalIcon aria-hidden />
    </Menu>
  );
}
