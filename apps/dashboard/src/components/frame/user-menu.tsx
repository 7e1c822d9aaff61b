'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleUserRoundIcon, LogOutIcon, UserPenIcon } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { settingsHref } from '@/lib/links';
import { meQuery } from '@/lib/queries';
import { leave } from '@/lib/session';

/** Who is signed in, their profile, and the way out. */
export function UserMenu() {
  const router = useRouter();
  const app = useSearchParams().get('app');
  const me = useQuery(meQuery);
  const leaving = useMutation({ mutationFn: leave });
  if (me.data === undefined) return <div className="size-8 shrink-0" />;
  const { name, email, isAdministrator } = me.data;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label={`Account: ${name}`} title={email}>
          <CircleUserRoundIcon aria-hidden />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent className="max-w-72">
        <div className="px-2 py-1.5">
          <div className="truncate text-sm font-medium">{name}</div>
          <div className="truncate text-xs text-ink-muted" title={email}>
            {email}
          </div>
          {isAdministrator ? <div className="text-xs text-ink-muted">Administrator</div> : null}
        </div>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => router.push(settingsHref('profile', app))}>
          <UserPenIcon aria-hidden /> Profile
        </DropdownMenuItem>
        <DropdownMenuItem
          onSelect={(event) => {
            // Open until it is done, so that a failure has a place to be said.
            event.preventDefault();
            leaving.mutate();
          }}
        >
          <LogOutIcon aria-hidden /> {leaving.isPending ? 'Signing out…' : 'Sign out'}
        </DropdownMenuItem>
        {leaving.isError ? (
          <p role="alert" className="px-2 py-1 text-xs text-failed">
            {leaving.error.message}
          </p>
        ) : null}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
