'use client';

import type { ApiKey, App, CreatedKey } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { PlusIcon } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { useNowMs } from '@/lib/browser-state';
import { cn } from '@/lib/cn';
import { SecretDialog } from './form-dialog';
import { NewKeyDialog, RevokeKeyDialog, RotateKeyDialog } from './key-dialogs';
import { byUse, keyState } from './key-state';
import { Note, Panel, RowsSkeleton } from './panel';
import { keysQuery } from './settings-queries';

type Open =
  | { kind: 'new' }
  | { kind: 'rotate' | 'revoke'; apiKey: ApiKey }
  | { kind: 'created'; created: CreatedKey }
  | null;

export function KeysPanel({ app }: { app: App }) {
  const [open, setOpen] = useState<Open>(null);
  const mayEdit = app.role === 'editor' || app.role === 'owner';
  const close = () => setOpen(null);
  const show = (created: CreatedKey) => setOpen({ kind: 'created', created });
  return (
    <Panel
      title="API keys"
      about="Programs use a key to send or read executions."
      action={
        mayEdit && app.archivedAt === null ? (
          <Button variant="primary" onClick={() => setOpen({ kind: 'new' })}>
            <PlusIcon aria-hidden />
            New key
          </Button>
        ) : null
      }
    >
      {app.archivedAt === null ? null : <Note>This app is archived. Its keys do not work.</Note>}
      {mayEdit ? (
        <KeyList app={app} onOpen={setOpen} />
      ) : (
        <Note>You are a viewer of this app. Editors and owners manage the keys.</Note>
      )}
      {open?.kind === 'new' ? (
        <NewKeyDialog app={app.id} onCreated={show} onClose={close} />
      ) : open?.kind === 'rotate' ? (
        <RotateKeyDialog app={app.id} apiKey={open.apiKey} onCreated={show} onClose={close} />
      ) : open?.kind === 'revoke' ? (
        <RevokeKeyDialog app={app.id} apiKey={open.apiKey} onClose={close} />
      ) : open?.kind === 'created' ? (
        <SecretDialog
          title={`The key ${open.created.apiKey.name}`}
          secret={open.created.key}
          label="API key"
          onClose={close}
        >
          Copy it now. It is not shown again.
        </SecretDialog>
      ) : null}
    </Panel>
  );
}

function KeyList({ app, onOpen }: { app: App; onOpen: (open: Open) => void }) {
  const keys = useQuery(keysQuery(app.id));
  const nowMs = useNowMs();
  if (keys.isPending) return <RowsSkeleton label="Loading the keys" />;
  if (keys.isError) {
    return (
      <ErrorState
        error={keys.error}
        title="The keys could not be loaded"
        onRetry={() => void keys.refetch()}
      />
    );
  }
  if (keys.data.items.length === 0) {
    return <Note>There are no keys yet. Programs need one to send executions.</Note>;
  }
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {byUse(keys.data.items, nowMs).map((apiKey) => (
        <KeyRow key={apiKey.id} apiKey={apiKey} nowMs={nowMs} onOpen={onOpen} />
      ))}
    </ul>
  );
}

function KeyRow({
  apiKey,
  nowMs,
  onOpen,
}: {
  apiKey: ApiKey;
  nowMs: number;
  onOpen: (open: Open) => void;
}) {
  const state = keyState(apiKey, nowMs);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className={cn('font-medium wrap-anywhere', state !== 'active' && 'text-ink-muted')}>
            {apiKey.name}
          </span>
          <code className="text-mono text-ink-muted">xr_{apiKey.id}_…</code>
          {state === 'active' ? null : (
            <span className="rounded bg-sunken px-1.5 text-xs text-ink-muted">{state}</span>
          )}
        </div>
        <ul className="flex flex-wrap gap-x-3 text-xs text-ink-muted">
          <li>{apiKey.scopes.join(' + ')}</li>
          {apiKey.environments === null ? null : <li>only {apiKey.environments.join(', ')}</li>}
          {apiKey.requestsPerMinute === null ? null : (
            <li>{apiKey.requestsPerMinute} requests a minute</li>
          )}
          <li>
            created <RelativeTime iso={apiKey.createdAt} />
            {apiKey.createdBy === null ? '' : ` by ${apiKey.createdBy}`}
          </li>
          <li>
            {apiKey.lastUsedAt === null ? (
              'never used'
            ) : (
              <>
                last used <RelativeTime iso={apiKey.lastUsedAt} />
              </>
            )}
          </li>
          {apiKey.revokedAt !== null ? (
            <li>
              revoked <RelativeTime iso={apiKey.revokedAt} />
            </li>
          ) : apiKey.expiresAt !== null ? (
            <li>
              {state === 'expired' ? 'expired' : 'expires'} <RelativeTime iso={apiKey.expiresAt} />
            </li>
          ) : null}
        </ul>
      </div>
      {state === 'active' ? (
        <div className="flex gap-2">
          <Button
            size="sm"
            aria-label={`Rotate the key ${apiKey.name}`}
            onClick={() => onOpen({ kind: 'rotate', apiKey })}
          >
            Rotate
          </Button>
          <Button
            size="sm"
            aria-label={`Revoke the key ${apiKey.name}`}
            onClick={() => onOpen({ kind: 'revoke', apiKey })}
          >
            Revoke
          </Button>
        </div>
      ) : null}
    </li>
  );
}
