'use client';

import type { PasswordChange, User } from '@xray/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { NewPassword } from '@/components/new-password';
import { Button } from '@/components/ui/button';
import { Field, FormError } from '@/components/ui/field';
import { changePassword, getMe, renameMe } from '@/lib/access-api';
import { ApiError } from '@/lib/api-client';
import { configQuery, meQuery } from '@/lib/queries';
import { isSignedOut } from '@/lib/session';
import { sessionSource } from '@/lib/session-source';
import { useForm } from '@/lib/use-form';
import { Panel } from './panel';

export function ProfilePanel({ me }: { me: User }) {
  const config = useQuery(configQuery);
  if (config.data?.signIn.kind === 'clerk') return <ClerkProfile me={me} />;
  return (
    <div className="flex max-w-md flex-col gap-8">
      <NameForm me={me} />
      <PasswordForm me={me} />
    </div>
  );
}

function ClerkProfile({ me }: { me: User }) {
  return (
    <Panel
      title="Profile"
      about={me.isAdministrator ? 'You are an administrator of this installation.' : undefined}
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-ink-muted">Name</dt>
        <dd className="wrap-anywhere">{me.name}</dd>
        <dt className="text-ink-muted">Email</dt>
        <dd className="wrap-anywhere">{me.email}</dd>
      </dl>
      <p className="text-sm text-ink-muted">
        You sign in with Clerk. It keeps your name, email, password and second factors.
      </p>
      <Button
        className="self-start"
        onClick={async () => {
          const session = await sessionSource();
          if (session !== null) location.assign(session.profileUrl());
        }}
      >
        Open your Clerk account
      </Button>
    </Panel>
  );
}

function NameForm({ me }: { me: User }) {
  const client = useQueryClient();
  const { form, errors, error, isPending, isDone } = useForm(
    ['name'],
    ({ name }) => renameMe(name),
    (user) => client.setQueryData(meQuery.queryKey, user),
  );
  return (
    <Panel
      title="Profile"
      about={me.isAdministrator ? 'You are an administrator of this installation.' : undefined}
    >
      <form {...form} aria-label="Profile" className="flex flex-col gap-4">
        <FormError message={error} />
        <Field label="Email" type="email" value={me.email} readOnly autoComplete="username" />
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          required
          maxLength={128}
          defaultValue={me.name}
          error={errors.name}
        />
        <Submit label="Save name" isPending={isPending} isDone={isDone} />
      </form>
    </Panel>
  );
}

function PasswordForm({ me }: { me: User }) {
  const { form, errors, error, isPending, isDone } = useForm(
    ['currentPassword', 'newPassword'],
    changeOwnPassword,
    (_user, element) => element.reset(),
  );
  return (
    <Panel title="Password" about="A new password ends your sessions in other browsers.">
      <form {...form} aria-label="Change password" className="flex flex-col gap-4">
        <FormError message={error} />
        {/* Password managers use this to know whose password it is. */}
        <input hidden readOnly autoComplete="username" value={me.email} />
        <Field
          label="Current password"
          name="currentPassword"
          type="password"
          autoComplete="current-password"
          required
          error={errors.currentPassword}
        />
        <NewPassword label="New password" name="newPassword" error={errors.newPassword} />
        <Submit label="Change password" isPending={isPending} isDone={isDone} />
      </form>
    </Panel>
  );
}

function Submit({
  label,
  isPending,
  isDone,
}: {
  label: string;
  isPending: boolean;
  isDone: boolean;
}) {
  return (
    <div className="flex items-center gap-3">
      <Button type="submit" disabled={isPending}>
        {isPending ? 'Saving…' : label}
      </Button>
      <output className="text-sm text-ink-muted">{isDone ? 'Saved.' : ''}</output>
    </div>
  );
}

/**
 * A wrong password and an ended session both give a 401. Only an ended session leads to the sign-in
 * page.
 */
async function changeOwnPassword(change: PasswordChange): Promise<User> {
  try {
    return await changePassword(change);
  } catch (error) {
    if (!isSignedOut(error) || (await getMe()) === null) throw error;
    throw new ApiError(400, {
      code: 'invalid',
      message: 'currentPassword: The current password is wrong.',
      details: [{ path: 'currentPassword', code: 'wrong' }],
    });
  }
}
