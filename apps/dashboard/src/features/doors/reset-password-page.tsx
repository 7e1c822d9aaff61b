'use client';

import { useMutation } from '@tanstack/react-query';
import { NewPassword } from '@/components/new-password';
import { Button } from '@/components/ui/button';
import { FormError, textOf } from '@/components/ui/field';
import { resetPassword } from '@/lib/access-api';
import { useLocationHash } from '@/lib/browser-state';
import { formErrors } from '@/lib/form-errors';
import { arrive } from '@/lib/session';
import { Door, Say, Waiting } from './door';

/** `/reset-password#token`, as the command line printed it. */
export function ResetPasswordPage() {
  const token = useLocationHash();
  const setting = useMutation({
    mutationFn: (password: string) => resetPassword(token ?? '', password),
    onSuccess: () => arrive(null),
  });
  const { fields, whole } = formErrors(setting.error, ['password']);
  if (token === null) {
    return (
      <Door title="Set your password">
        <Waiting>One moment…</Waiting>
      </Door>
    );
  }
  if (token === '') {
    return (
      <Door title="This link is not whole">
        <Say>
          What stands after the <code className="text-mono">#</code> is missing. Copy all of the
          link.
        </Say>
      </Door>
    );
  }
  return (
    <Door title="Set your password">
      <Say>It ends all your sessions elsewhere, and signs you in here.</Say>
      <form
        method="post"
        aria-label="Set your password"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setting.mutate(textOf(new FormData(event.currentTarget), 'password'));
        }}
      >
        <FormError message={whole} />
        <NewPassword label="New password" name="password" error={fields['password']} />
        <Button type="submit" variant="primary" className="h-9" disabled={setting.isPending}>
          {setting.isPending ? 'One moment…' : 'Set password and sign in'}
        </Button>
      </form>
    </Door>
  );
}
