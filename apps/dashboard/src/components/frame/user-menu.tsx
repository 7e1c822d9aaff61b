'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleUserRoundIcon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';
import { meQuery } from '@/lib/queries';

const Menu = lazyMenu(async () => (await import('./user-menu-content')).UserMenuContent);

/** Shows the signed-in user, with links to the profile and sign-out. */
export function UserMenu() {
  const { data: me } = useQuery(meQuery);
  if (me === undefined) return <div className="size-8 shrink-0" />;
  return (
    <Menu
      content={{ me }}
      variant="ghost"
      size="icon"
      aria-label={`Account: ${me.name}`}
      title={me.email}
    >
      <CircleUserRoundIcon aria-hidden />
    </Menu>
  );
}
