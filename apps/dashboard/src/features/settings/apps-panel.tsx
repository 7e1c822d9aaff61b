'use client';

import type { App, User } from '@xray/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { PlusIcon } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Field, textOf } from '@/components/ui/field';
import { changeApp, createApp } from '@/lib/access-api';
import { formErrors } from '@/lib/form-errors';
import { executionsHref } from '@/lib/links';
import { appsQuery } from '@/lib/queries';
import { ConfirmDialog, FormDialog } from './form-dialog';
import { Note, Panel, RowsSkeleton } from './panel';

type Open = { kind: 'new' } | { kind: 'rename' | 'archive'; app: App } | null;

export function AppsPanel({ me }: { me: User }) {
  const apps = useQuery(appsQuery);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <Panel
      title="Apps"
      about="An app is one system that records decisions. It has its own keys and members."
      action={
        me.isAdministrator ? (
          <Button variant="primary" onClick={() => setOpen({ kind: 'new' })}>
            <PlusIcon aria-hidden />
            New app
          </Button>
        ) : null
      }
    >
      {apps.isPending ? (
        <RowsSkeleton label="Loading the apps" />
      ) : apps.isError ? (
        <ErrorState
          error={apps.error}
          title="The apps could not be loaded"
          onRetry={() => void apps.refetch()}
        />
      ) : apps.data.items.length === 0 ? (
        <Note>
          {me.isAdministrator
            ? 'There are no apps yet.'
            : "You are not a member of any app. Ask an app's owner for an invitation."}
        </Note>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {apps.data.items.map((app) => (
            <AppRow key={app.id} app={app} onOpen={setOpen} />
          ))}
        </ul>
      )}
      {open?.kind === 'new' ? <NewAppDialog onClose={close} /> : null}
      {open?.kind === 'rename' ? <RenameDialog app={open.app} onClose={close} /> : null}
      {open?.kind === 'archive' ? <ArchiveDialog app={open.app} onClose={close} /> : null}
    </Panel>
  );
}

function AppRow({ app, onOpen }: { app: App; onOpen: (open: Open) => void }) {
  const restoring = useAppChange(app);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <Link
          href={executionsHref(app.id)}
          className="touch-link font-medium wrap-anywhere hover:underline"
        >
          {app.name}
        </Link>
        <div className="text-xs wrap-anywhere text-ink-muted">
          <span className="text-mono">{app.id}</span> · you are {app.role ?? 'a reader'}
          {app.archivedAt === null ? null : (
            <>
              {' '}
              · archived <RelativeTime iso={app.archivedAt} />
            </>
          )}
        </div>
        {restoring.isError ? (
          <p role="alert" className="text-sm">
            {restoring.error.message}
          </p>
        ) : null}
      </div>
      {app.role === 'owner' ? (
        <div className="flex gap-2">
          <Button
            size="sm"
            aria-label={`Rename ${app.name}`}
            onClick={() => onOpen({ kind: 'rename', app })}
          >
            Rename
          </Button>
          {app.archivedAt === null ? (
            <Button
              size="sm"
              aria-label={`Archive ${app.name}`}
              onClick={() => onOpen({ kind: 'archive', app })}
            >
              Archive
            </Button>
          ) : (
            <Button
              size="sm"
              aria-label={`Restore ${app.name} from the archive`}
              disabled={restoring.isPending}
              onClick={() => restoring.mutate({ archived: false })}
            >
              Restore
            </Button>
          )}
        </div>
      ) : null}
    </li>
  );
}

function useAppChange(app: App, onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: { name?: string; archived?: boolean }) => changeApp(app.id, change),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: appsQuery.queryKey });
      onDone?.();
    },
  });
}

function NewAppDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const creating = useMutation({
    mutationFn: createApp,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: appsQuery.queryKey });
      onClose();
    },
  });
  const { fields, whole } = formErrors(creating.error, ['id', 'name']);
  return (
    <FormDialog
      title="New app"
      submit="Create app"
      isPending={creating.isPending}
      error={whole}
      onClose={onClose}
      onSubmit={(form) => {
        const name = textOf(form, 'name').trim();
        creating.mutate({ id: textOf(form, 'id').trim(), ...(name !== '' && { name }) });
      }}
    >
      <Field
        label="Id"
        name="id"
        required
        maxLength={64}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="loan-decisions"
        hint="What the SDK sends as appId. It cannot be changed later."
        error={fields['id']}
      />
      <Field
        label="Name"
        name="name"
        maxLength={128}
        autoComplete="off"
        hint="The name people see. Default: the id."
        error={fields['name']}
      />
    </FormDialog>
  );
}

function RenameDialog({ app, onClose }: { app: App; onClose: () => void }) {
  const renaming = useAppChange(app, onClose);
  const { fields, whole } = formErrors(renaming.error, ['name']);
  return (
    <FormDialog
      title={`Rename ${app.name}`}
      submit="Rename"
      isPending={renaming.isPending}
      error={whole}
      onClose={onClose}
      onSubmit={(form) => renaming.mutate({ name: textOf(form, 'name') })}
    >
      <Field
        label="Name"
        name="name"
        required
        maxLength={128}
        autoComplete="off"
        defaultValue={app.name}
        hint={`Its id stays ${app.id}.`}
        error={fields['name']}
      />
    </FormDialog>
  );
}

function ArchiveDialog({ app, onClose }: { app: App; onClose: () => void }) {
  const archiving = useAppChange(app, onClose);
  return (
    <ConfirmDialog
      title={`Archive ${app.name}?`}
      submit="Archive app"
      name={app.id}
      isPending={archiving.isPending}
      error={archiving.error?.message ?? null}
      onClose={onClose}
      onConfirm={() => archiving.mutate({ archived: true })}
    >
      Its API keys stop working at once. Executions sent while it is archived are rejected and lost.
      Its records stay readable, and you can restore the app.
    </ConfirmDialog>
  );
}
