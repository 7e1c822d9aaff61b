'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleUserRoundIcon } from 'lucide-react';
import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';
import { meQuery } from '@/lib/queries';

const load = () => import('./opened-user-menu');
const Opened = lazy(async () => ({ default: (await load()).OpenedUserMenu }));

/** Who is signed in, their profile, and the way out. */
export function UserMenu() {
  const { data: me } = useQuery(meQuery);
  if (me === undefined) return <div className="size-8 shrink-0" />;
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} me={me} />}
      variant="ghost"
      size="icon"
      aria-label={`Account: ${me.name}`}
      title={me.email}
    >
      <CircleUserRoundIcon aria-hidden />
    </LazyMenu>
  );
}
