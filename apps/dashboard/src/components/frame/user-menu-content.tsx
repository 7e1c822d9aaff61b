'use client';

import type { User } from '@xray/core';
import { useMutation } from '@tanstack/react-query';
import { LogOutIcon, UserPenIcon } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import type { ReactElement } from 'react';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { settingsHref } from '@/lib/links';
import { leave } from '@/lib/session';

export function UserMenuContent({ trigger, me }: { trigger: ReactElement; me: User }) {
  const router = useRouter();
  const app = useSearchParams().get('app');
  const leaving = useMutation({ mutationFn: leave });
  return (
    <DropdownMenu defaultOpen>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent className="max-w-72">
        <div className="px-2 py-1.5">
          <div className="truncate text-sm font-medium">{me.name}</div>
          <div className="truncate text-xs text-ink-muted" title={me.email}>
            {me.email}
          </div>
          {me.isAdministrator ? <div className="text-xs text-ink-muted">Administrator</div> : null}
        </div>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => router.push(settingsHref('profile', app))}>
          <UserPenIcon aria-hidden /> Profile
        </DropdownMenuItem>
        <DropdownMenuItem
          onSelect={(event) => {
            // Stays open until it is done, so a failure can be shown.
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
