'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '@/components/ui/button';
import { Field, FormError, textOf } from '@/components/ui/field';
import { signIn } from '@/lib/access-api';
import { formErrors } from '@/lib/form-errors';

export function SignInForm({
  email,
  onSignedIn,
}: {
  email?: string | undefined;
  onSignedIn: () => void;
}) {
  const signing = useMutation({ mutationFn: signIn, onSuccess: onSignedIn });
  const { fields, whole } = formErrors(signing.error, ['email', 'password']);
  return (
    <form
      method="post"
      aria-label="Sign in"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        signing.mutate({ email: textOf(form, 'email'), password: textOf(form, 'password') });
      }}
    >
      <FormError message={whole} />
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        maxLength={254}
        defaultValue={email}
        error={fields['email']}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={fields['password']}
      />
      <Button type="submit" variant="primary" className="h-9" disabled={signing.isPending}>
        {signing.isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  );
}
