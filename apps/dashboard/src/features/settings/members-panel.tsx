'use client';

import { ROLE_OPTIONS } from './roles';
import type { App, Member, Role, User } from '@xray/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { FormError } from '@/components/ui/field';
import { changeMember, removeMember } from '@/lib/access-api';
import { appsQuery } from '@/lib/queries';
import { ConfirmDialog } from './form-dialog';
import { InvitationsPanel } from './invitations-panel';
import { Note, Panel, RowsSkeleton } from './panel';
import { Select } from './select';
import { membersQuery } from './settings-queries';

export function MembersPanel({ app, me }: { app: App; me: User }) {
  if (app.role !== 'owner') {
    return (
      <Panel title="Members">
        <Note>Your role in this app: {app.role ?? 'none'}. Only owners see the members.</Note>
      </Panel>
    );
  }
  return (
    <div className="flex flex-col gap-8">
      <Panel
        title="Members"
        about="Viewers read. Editors also manage API keys. Owners also manage members. Administrators can do all of this in every app and are not listed."
      >
        <MemberList app={app.id} me={me} />
      </Panel>
      <InvitationsPanel app={app.id} />
    </div>
  );
}

function MemberList({ app, me }: { app: string; me: User }) {
  const client = useQueryClient();
  const members = useQuery(membersQuery(app));
  const [leaving, setLeaving] = useState<Member | null>(null);
  const refresh = async (userId: string) => {
    await client.invalidateQueries(membersQuery(app));
    // The person's own permissions may have changed.
    if (userId === me.id) await client.invalidateQueries({ queryKey: appsQuery.queryKey });
  };
  const changing = useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: Role }) =>
      changeMember(app, userId, role),
    onSuccess: async ({ userId }) => await refresh(userId),
  });
  const removing = useMutation({
    mutationFn: (userId: string) => removeMember(app, userId),
    onSuccess: async ({ userId }) => {
      setLeaving(null);
      await refresh(userId);
    },
  });
  // Few rows, so that the content below moves little.
  if (members.isPending) return <RowsSkeleton label="Loading the members" rows={1} />;
  if (members.isError) {
    return (
      <ErrorState
        error={members.error}
        title="The members could not be loaded"
        onRetry={() => void members.refetch()}
      />
    );
  }
  if (members.data.items.length === 0) {
    return <Note>Only administrators can see this app. Invite someone.</Note>;
  }
  return (
    <>
      <FormError message={changing.error?.message ?? null} />
      <ul className="divide-y divide-line rounded-md border border-line">
        {members.data.items.map((member) => (
          <li key={member.userId} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
            <div className="min-w-0 flex-1 basis-60">
              <div className="font-medium wrap-anywhere">
                {member.name}
                {member.userId === me.id ? ' (you)' : ''}
              </div>
              <div className="text-xs wrap-anywhere text-ink-muted">{member.email}</div>
            </div>
            <div className="flex items-center gap-2">
              <Select
                label={`Role of ${member.name}`}
                isLabelHidden
                className="w-28"
                value={
                  changing.isPending && changing.variables.userId === member.userId
                    ? changing.variables.role
                    : member.role
                }
                disabled={changing.isPending}
                options={ROLE_OPTIONS}
                onChange={(event) =>
                  changing.mutate({ userId: member.userId, role: event.target.value as Role })
                }
              />
              <Button
                size="sm"
                aria-label={`Remove ${member.name}`}
                onClick={() => setLeaving(member)}
              >
                Remove
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {leaving === null ? null : (
        <ConfirmDialog
          title={`Remove ${leaving.name}?`}
          submit="Remove member"
          name={leaving.email}
          isPending={removing.isPending}
          error={removing.error?.message ?? null}
          onClose={() => setLeaving(null)}
          onConfirm={() => removing.mutate(leaving.userId)}
        >
          They lose access to this app at once. Keys that they created keep working.
        </ConfirmDialog>
      )}
    </>
  );
}
