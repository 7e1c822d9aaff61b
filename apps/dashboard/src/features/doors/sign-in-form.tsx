'use client';

import { Button } from '@/components/ui/button';
import { Field, FormError } from '@/components/ui/field';
import { signIn } from '@/lib/access-api';
import { useForm } from '@/lib/use-form';

export function SignInForm({
  email,
  onSignedIn,
}: {
  email?: string | undefined;
  onSignedIn: () => void;
}) {
  const { form, errors, error, isPending } = useForm(['email', 'password'], signIn, onSignedIn);
  return (
    <form {...form} aria-label="Sign in" className="flex flex-col gap-4">
      <FormError message={error} />
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        maxLength={254}
        defaultValue={email}
        error={errors.email}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={errors.password}
      />
      <Button type="submit" variant="primary" className="h-9" disabled={isPending}>
        {isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  );
}
