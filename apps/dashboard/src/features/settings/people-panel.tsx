'use client';

import type { ListedUser, User } from '@xray/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { useState } from 'react';
import { ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { removeUser, setAdministrator } from '@/lib/access-api';
import { meQuery } from '@/lib/queries';
import { ConfirmDialog } from './form-dialog';
import { Note, Panel, RowsSkeleton } from './panel';
import { settingsParams } from './search-params';
import { usersQuery } from './settings-queries';

type Open = { kind: 'right' | 'remove'; user: ListedUser } | null;

/** All accounts, for administrators. */
export function PeoplePanel({ me }: { me: User }) {
  const [find, setFind] = useQueryState('find', settingsParams.find);
  const [open, setOpen] = useState<Open>(null);
  const users = useInfiniteQuery({ ...usersQuery(find), enabled: me.isAdministrator });
  if (!me.isAdministrator) {
    return (
      <Panel title="People">
        <Note>Only administrators see this list.</Note>
      </Panel>
    );
  }
  const items = users.data?.pages.flatMap((page) => page.items) ?? [];
  const close = () => setOpen(null);
  return (
    <Panel
      title="People"
      about="Everyone with an account. Administrators can see and change everything in every app."
    >
      <Field
        label="Find"
        type="search"
        className="max-w-xs"
        placeholder="name or email"
        autoComplete="off"
        spellCheck={false}
        value={find}
        onChange={(event) => void setFind(event.target.value || null)}
      />
      {users.isPending ? (
        <RowsSkeleton label="Loading the people" />
      ) : users.isError && items.length === 0 ? (
        <ErrorState
          error={users.error}
          title="The people could not be loaded"
          onRetry={() => void users.refetch()}
        />
      ) : items.length === 0 ? (
        <Note>No results for “{find}”.</Note>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {items.map((user) => (
            <Person key={user.id} user={user} isMe={user.id === me.id} onOpen={setOpen} />
          ))}
        </ul>
      )}
      {users.hasNextPage ? (
        <Button
          className="self-center"
          disabled={users.isFetchingNextPage}
          onClick={() => void users.fetchNextPage()}
        >
          {users.isFetchingNextPage ? 'Loading…' : 'Show more'}
        </Button>
      ) : null}
      {open?.kind === 'right' ? <RightDialog user={open.user} me={me} onClose={close} /> : null}
      {open?.kind === 'remove' ? <RemoveDialog user={open.user} onClose={close} /> : null}
    </Panel>
  );
}

function Person({
  user,
  isMe,
  onOpen,
}: {
  user: ListedUser;
  isMe: boolean;
  onOpen: (open: Open) => void;
}) {
  const right = user.isAdministrator ? 'Revoke admin' : 'Make admin';
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <div className="font-medium wrap-anywhere">
          {user.name}
          {isMe ? ' (you)' : ''}
        </div>
        <div className="text-xs wrap-anywhere text-ink-muted">
          {user.email} ·{' '}
          {user.isAdministrator
            ? 'administrator'
            : user.appCount === 1
              ? 'member of 1 app'
              : `member of ${user.appCount} apps`}{' '}
          · joined <RelativeTime iso={user.createdAt} />
        </div>
      </div>
      <div className="flex gap-2">
        <Button
          size="sm"
          aria-label={`${right}: ${user.name}`}
          onClick={() => onOpen({ kind: 'right', user })}
        >
          {right}
        </Button>
        <Button
          size="sm"
          aria-label={`Remove ${user.name}`}
          onClick={() => onOpen({ kind: 'remove', user })}
        >
          Remove
        </Button>
      </div>
    </li>
  );
}

function RightDialog({ user, me, onClose }: { user: ListedUser; me: User; onClose: () => void }) {
  const client = useQueryClient();
  const changing = useMutation({
    mutationFn: () => setAdministrator(user.id, !user.isAdministrator),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['users'] });
      // The person's own permissions may have changed.
      if (user.id === me.id) await client.invalidateQueries(meQuery);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={
        user.isAdministrator
          ? `Revoke admin rights of ${user.name}?`
          : `Make ${user.name} an administrator?`
      }
      submit={user.isAdministrator ? 'Revoke admin' : 'Make admin'}
      isPending={changing.isPending}
      error={changing.error?.message ?? null}
      onClose={onClose}
      onConfirm={() => changing.mutate()}
    >
      {user.isAdministrator
        ? `${user.email} keeps access to the apps they are a member of, and loses access to the others at once.`
        : `${user.email} will see every record of every app and manage its members.`}
    </ConfirmDialog>
  );
}

function RemoveDialog({ user, onClose }: { user: ListedUser; onClose: () => void }) {
  const client = useQueryClient();
  const removing = useMutation({
    mutationFn: () => removeUser(user.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['users'] });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Remove ${user.name}?`}
      submit="Remove account"
      name={user.email}
      isPending={removing.isPending}
      error={removing.error?.message ?? null}
      onClose={onClose}
      onConfirm={() => removing.mutate()}
    >
      Their account, sessions and memberships are deleted at once. Keys that they created keep
      working. Their actions stay in the audit log. They need a new invitation to return.
    </ConfirmDialog>
  );
}
