'use client';

import type { NewAccount } from '@xray/core';
import { Button } from '@/components/ui/button';
import { Field, FormError } from '@/components/ui/field';
import { useForm } from '@/lib/use-form';
import { NewPassword } from '@/components/new-password';

/** Email, name and password for a new account. */
export function AccountForm({
  label,
  email,
  onSubmit,
}: {
  /** The button's label. */
  label: string;
  /** The required email address. */
  email?: string | undefined;
  /** Creates the account. Its errors are shown at the fields. */
  onSubmit: (account: NewAccount) => Promise<void>;
}) {
  const { form, errors, error, isPending } = useForm(['email', 'name', 'password'], onSubmit);
  return (
    <form {...form} aria-label={label} className="flex flex-col gap-4">
      <FormError message={error} />
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        required
        maxLength={128}
        error={errors.name}
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
        error={errors.email}
      />
      <NewPassword label="Password" name="password" error={errors.password} />
      <Button type="submit" variant="primary" className="h-9" disabled={isPending}>
        {isPending ? 'Please wait…' : label}
      </Button>
    </form>
  );
}
