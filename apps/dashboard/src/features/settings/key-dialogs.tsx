'use client';

import type { ApiKey, CreatedKey, KeyScope } from '@xray/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Field, textOf } from '@/components/ui/field';
import { createKey, revokeKey, rotateKey } from '@/lib/access-api';
import { formErrors } from '@/lib/form-errors';
import { ConfirmDialog, FormDialog } from './form-dialog';
import { environmentsOf } from './key-state';
import { Select } from './select';
import { keysQuery } from './settings-queries';

const SCOPES: Record<string, { label: string; scopes: KeyScope[] }> = {
  ingest: { label: 'Send executions', scopes: ['ingest'] },
  read: { label: 'Read executions', scopes: ['read'] },
  both: { label: 'Send and read', scopes: ['ingest', 'read'] },
  replay: { label: 'Replay: pull records, store runs', scopes: ['replay'] },
};
const LIVES = [
  { value: '', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
];
const OVERLAPS = [
  { value: '0', label: 'Stop immediately' },
  { value: '1', label: 'Keep for 1 more hour' },
  { value: '24', label: 'Keep for 1 more day' },
  { value: '168', label: 'Keep for 7 more days' },
];

interface CreatingProps {
  app: string;
  onCreated: (created: CreatedKey) => void;
  onClose: () => void;
}

export function NewKeyDialog({ app, onCreated, onClose }: CreatingProps) {
  const client = useQueryClient();
  const [scope, setScope] = useState('ingest');
  const scopes = SCOPES[scope]?.scopes ?? ['ingest'];
  const creating = useMutation({
    mutationFn: (form: FormData) => {
      const environments = environmentsOf(textOf(form, 'environments'));
      const days = textOf(form, 'expiresInDays');
      const limit = textOf(form, 'requestsPerMinute');
      return createKey(app, {
        name: textOf(form, 'name'),
        scopes,
        ...(environments !== undefined && { environments }),
        ...(days !== '' && { expiresInDays: Number(days) }),
        ...(limit !== '' && { requestsPerMinute: Number(limit) }),
      });
    },
    onSuccess: async (created) => {
      await client.invalidateQueries(keysQuery(app));
      onCreated(created);
    },
  });
  const { fields, whole } = formErrors(creating.error, [
    'name',
    'environments',
    'requestsPerMinute',
  ]);
  return (
    <FormDialog
      title="New API key"
      submit="Create key"
      isPending={creating.isPending}
      error={whole}
      onClose={onClose}
      onSubmit={(form) => creating.mutate(form)}
    >
      <Field
        label="Name"
        name="name"
        required
        maxLength={128}
        autoComplete="off"
        placeholder="loan service, production"
        error={fields['name']}
      />
      <Select
        label="Permissions"
        value={scope}
        onChange={(event) => setScope(event.target.value)}
        options={Object.entries(SCOPES).map(([value, { label }]) => ({ value, label }))}
      />
      {scopes.some((each) => each !== 'ingest') ? null : (
        <Field
          label="Environments"
          name="environments"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="prod, staging"
          hint="Leave it empty to allow all environments."
          error={fields['environments']}
        />
      )}
      {scopes.includes('ingest') ? (
        <Field
          label="Requests per minute"
          name="requestsPerMinute"
          type="number"
          min={1}
          hint="The limit for this key. Default: the limit of the installation."
          error={fields['requestsPerMinute']}
        />
      ) : null}
      <Select label="Expires" name="expiresInDays" options={LIVES} defaultValue="" />
    </FormDialog>
  );
}

export function RotateKeyDialog({
  app,
  apiKey,
  onCreated,
  onClose,
}: CreatingProps & { apiKey: ApiKey }) {
  const client = useQueryClient();
  const rotating = useMutation({
    mutationFn: (overlapHours: number) => rotateKey(app, apiKey.id, overlapHours),
    onSuccess: async (created) => {
      await client.invalidateQueries(keysQuery(app));
      onCreated(created);
    },
  });
  return (
    <FormDialog
      title={`Rotate the key ${apiKey.name}`}
      submit="Rotate key"
      isPending={rotating.isPending}
      error={rotating.error?.message ?? null}
      onClose={onClose}
      onSubmit={(form) => rotating.mutate(Number(textOf(form, 'overlapHours')))}
    >
      <p className="text-sm text-ink-muted">
        A new key with the same permissions replaces it. Update your programs before the old key
        ends.
      </p>
      <Select label="The old key" name="overlapHours" options={OVERLAPS} defaultValue="24" />
    </FormDialog>
  );
}

export function RevokeKeyDialog({
  app,
  apiKey,
  onClose,
}: {
  app: string;
  apiKey: ApiKey;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => revokeKey(app, apiKey.id),
    onSuccess: async () => {
      await client.invalidateQueries(keysQuery(app));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Revoke the key ${apiKey.name}?`}
      submit="Revoke key"
      name={apiKey.name}
      isPending={revoking.isPending}
      error={revoking.error?.message ?? null}
      onClose={onClose}
      onConfirm={() => revoking.mutate()}
    >
      The key stops working within ten seconds. Executions sent with it after that are lost. This
      cannot be undone.
    </ConfirmDialog>
  );
}
