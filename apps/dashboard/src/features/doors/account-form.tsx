'use client';

import type { NewAccount } from '@xray/core';
import { useMutation } from '@tanstack/react-query';
import { Button } from '@/components/ui/button';
import { Field, FormError, textOf } from '@/components/ui/field';
import { formErrors } from '@/lib/form-errors';
import { NewPassword } from '@/components/new-password';

/** Address, name and password of somebody who has no account yet. */
export function AccountForm({
  label,
  email,
  onSubmit,
}: {
  /** What the button says that it does. */
  label: string;
  /** The address that it must be. */
  email?: string | undefined;
  /** Makes the account; when it fails, what it says is shown at the fields. */
  onSubmit: (account: NewAccount) => Promise<void>;
}) {
  const making = useMutation({ mutationFn: onSubmit });
  const { fields, whole } = formErrors(making.error, ['email', 'name', 'password']);
  return (
    <form
      method="post"
      aria-label={label}
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        making.mutate({
          email: textOf(form, 'email'),
          name: textOf(form, 'name'),
          password: textOf(form, 'password'),
        });
      }}
    >
      <FormError message={whole} />
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        required
        maxLength={128}
        error={fields['name']}
      />
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        maxLength={254}
        defaultValue={email}
        readOnly={email !== undefined}
        error={fields['email']}
      />
      <NewPassword label="Password" name="password" error={fields['password']} />
      <Button type="submit" variant="primary" className="h-9" disabled={making.isPending}>
        {making.isPending ? 'One moment…' : label}
      </Button>
    </form>
  );
}
