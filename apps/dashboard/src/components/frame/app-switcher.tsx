'use client';

import { useQuery } from '@tanstack/react-query';
import { BoxIcon, ChevronsUpDownIcon } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { lazyMenu } from '@/components/ui/lazy-menu';
import { appsQuery } from '@/lib/queries';

const Menu = lazyMenu(async () => (await import('./app-switcher-content')).AppSwitcherContent);

/** Switches to the executions of another app. */
export function AppSwitcher() {
  const current = useSearchParams().get('app');
  const apps = useQuery(appsQuery);
  const name = apps.data?.items.find((app) => app.id === current)?.name ?? current;
  return (
    <Menu
      content={{}}
      popup="dialog"
      className="w-full min-w-0 justify-start px-2"
      aria-label={name === null ? 'Choose an app' : `App ${name}: switch app`}
      title={name ?? 'Choose an app'}
    >
      <BoxIcon aria-hidden className="text-ink-muted" />
      <span className="rail-label min-w-0 flex-1 truncate text-left">
        {name ?? 'Choose an app'}
      </span>
      <ChevronsUpDownIcon aria-hidden className="rail-label text-ink-faint" />
    </Menu>
  );
}
