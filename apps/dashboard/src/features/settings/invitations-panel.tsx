'use client';

import type { CreatedInvitation, Invitation, Role } from '@xray/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { UserPlusIcon } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Field, textOf } from '@/components/ui/field';
import { createInvitation, revokeInvitation } from '@/lib/access-api';
import { formErrors } from '@/lib/form-errors';
import { ConfirmDialog, FormDialog, SecretDialog } from './form-dialog';
import { Note, Panel, RowsSkeleton } from './panel';
import { ROLE_OPTIONS } from './roles';
import { Select } from './select';
import { invitationsQuery } from './settings-queries';

type Open =
  | { kind: 'new' }
  | { kind: 'revoke'; invitation: Invitation }
  | { kind: 'created'; created: CreatedInvitation }
  | null;

export function InvitationsPanel({ app }: { app: string }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <Panel
      title="Invitations"
      about="A link adds one member. Send it yourself: X-Ray sends no email."
      action={
        <Button variant="primary" onClick={() => setOpen({ kind: 'new' })}>
          <UserPlusIcon aria-hidden />
          Invite
        </Button>
      }
    >
      <InvitationList
        app={app}
        onRevoke={(invitation) => setOpen({ kind: 'revoke', invitation })}
      />
      {open?.kind === 'new' ? (
        <InviteDialog
          app={app}
          onCreated={(created) => setOpen({ kind: 'created', created })}
          onClose={close}
        />
      ) : open?.kind === 'revoke' ? (
        <RevokeDialog app={app} invitation={open.invitation} onClose={close} />
      ) : open?.kind === 'created' ? (
        <SecretDialog
          title="Invitation link"
          secret={open.created.link}
          label="link"
          onClose={close}
        >
          Copy it now and send it to {open.created.invitation.email ?? 'the person you invite'}: it
          is not shown again. The person who opens it joins as {open.created.invitation.role}.
        </SecretDialog>
      ) : null}
    </Panel>
  );
}

function InvitationList({
  app,
  onRevoke,
}: {
  app: string;
  onRevoke: (invitation: Invitation) => void;
}) {
  const invitations = useQuery(invitationsQuery(app));
  if (invitations.isPending) return <RowsSkeleton label="Loading the invitations" />;
  if (invitations.isError) {
    return (
      <ErrorState
        error={invitations.error}
        title="The invitations could not be loaded"
        onRetry={() => void invitations.refetch()}
      />
    );
  }
  if (invitations.data.items.length === 0) return <Note>There are no open invitations.</Note>;
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {invitations.data.items.map((invitation) => {
        const invitee = invitation.email ?? 'Anyone with the link';
        return (
          <li key={invitation.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
            <div className="min-w-0 flex-1 basis-60">
              <div className="font-medium wrap-anywhere">{invitee}</div>
              <div className="text-xs wrap-anywhere text-ink-muted">
                as {invitation.role} · by {invitation.invitedBy} · ends{' '}
                <RelativeTime iso={invitation.expiresAt} />
              </div>
            </div>
            <Button
              size="sm"
              aria-label={`Revoke the invitation for ${invitee}`}
              onClick={() => onRevoke(invitation)}
            >
              Revoke
            </Button>
          </li>
        );
      })}
    </ul>
  );
}

function InviteDialog({
  app,
  onCreated,
  onClose,
}: {
  app: string;
  onCreated: (created: CreatedInvitation) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const inviting = useMutation({
    mutationFn: (form: FormData) => {
      const email = textOf(form, 'email').trim();
      const role = textOf(form, 'role') as Role;
      return createInvitation(app, { role, ...(email !== '' && { email }) });
    },
    onSuccess: async (created) => {
      await client.invalidateQueries(invitationsQuery(app));
      onCreated(created);
    },
  });
  const { fields, whole } = formErrors(inviting.error, ['email', 'role']);
  return (
    <FormDialog
      title="Invite someone"
      submit="Create link"
      isPending={inviting.isPending}
      error={whole}
      onClose={onClose}
      onSubmit={(form) => inviting.mutate(form)}
    >
      <Field
        label="Email"
        name="email"
        type="email"
        maxLength={254}
        autoComplete="off"
        hint="Only an account with this email can use the link. Leave it empty to let anyone with the link join."
        error={fields['email']}
      />
      <Select label="Role" name="role" options={ROLE_OPTIONS} defaultValue="viewer" />
    </FormDialog>
  );
}

function RevokeDialog({
  app,
  invitation,
  onClose,
}: {
  app: string;
  invitation: Invitation;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => revokeInvitation(app, invitation.id),
    onSuccess: async () => {
      await client.invalidateQueries(invitationsQuery(app));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title="Revoke this invitation?"
      submit="Revoke"
      isPending={revoking.isPending}
      error={revoking.error?.message ?? null}
      onClose={onClose}
      onConfirm={() => revoking.mutate()}
    >
      The link for {invitation.email ?? 'anyone who has it'} stops working. You can create a new
      one.
    </ConfirmDialog>
  );
}
