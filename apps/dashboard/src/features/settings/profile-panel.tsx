'use client';

import type { PasswordChange, User } from '@xray/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { NewPassword } from '@/components/new-password';
import { Button } from '@/components/ui/button';
import { Field, FormError, textOf } from '@/components/ui/field';
import { changePassword, getMe, renameMe } from '@/lib/access-api';
import { ApiError } from '@/lib/api-client';
import { formErrors } from '@/lib/form-errors';
import { meQuery } from '@/lib/queries';
import { isSignedOut } from '@/lib/session';
import { Panel } from './panel';

export function ProfilePanel({ me }: { me: User }) {
  return (
    <div className="flex max-w-md flex-col gap-8">
      <NameForm me={me} />
      <PasswordForm me={me} />
    </div>
  );
}

function NameForm({ me }: { me: User }) {
  const client = useQueryClient();
  const renaming = useMutation({
    mutationFn: renameMe,
    onSuccess: (user) => client.setQueryData(meQuery.queryKey, user),
  });
  const { fields, whole } = formErrors(renaming.error, ['name']);
  return (
    <Panel
      title="Profile"
      about={me.isAdministrator ? 'You are an administrator of this installation.' : undefined}
    >
      <form
        method="post"
        aria-label="Profile"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          renaming.mutate(textOf(new FormData(event.currentTarget), 'name'));
        }}
      >
        <FormError message={whole} />
        <Field label="Email" type="email" value={me.email} readOnly autoComplete="username" />
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          required
          maxLength={128}
          defaultValue={me.name}
          error={fields['name']}
        />
        <Submit label="Save name" isPending={renaming.isPending} isDone={renaming.isSuccess} />
      </form>
    </Panel>
  );
}

function PasswordForm({ me }: { me: User }) {
  const changing = useMutation({ mutationFn: changeOwnPassword });
  const { fields, whole } = formErrors(changing.error, ['currentPassword', 'newPassword']);
  return (
    <Panel title="Password" about="A new one ends your sessions in other browsers.">
      <form
        method="post"
        aria-label="Change password"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const element = event.currentTarget;
          const form = new FormData(element);
          changing.mutate(
            {
              currentPassword: textOf(form, 'currentPassword'),
              newPassword: textOf(form, 'newPassword'),
            },
            { onSuccess: () => element.reset() },
          );
        }}
      >
        <FormError message={whole} />
        {/* For password managers: whose password it is. */}
        <input hidden readOnly autoComplete="username" value={me.email} />
        <Field
          label="Current password"
          name="currentPassword"
          type="password"
          autoComplete="current-password"
          required
          error={fields['currentPassword']}
        />
        <NewPassword label="New password" name="newPassword" error={fields['newPassword']} />
        <Submit
          label="Change password"
          isPending={changing.isPending}
          isDone={changing.isSuccess}
        />
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

/** A wrong password and a session that has ended are both a 401: only the latter is one to leave for. */
async function changeOwnPassword(change: PasswordChange): Promise<User> {
  try {
    return await changePassword(change);
  } catch (error) {
    if (!isSignedOut(error) || (await getMe()) === null) throw error;
    throw new ApiError(400, {
      code: 'invalid',
      message: 'currentPassword: This is not your password.',
      details: [{ path: 'currentPassword', code: 'wrong' }],
    });
  }
}
