'use client';

import Link from 'next/link';
import { NewPassword } from '@/components/new-password';
import { Button } from '@/components/ui/button';
import { FormError } from '@/components/ui/field';
import { resetPassword } from '@/lib/access-api';
import { useLocationHash } from '@/lib/browser-state';
import { arrive } from '@/lib/session';
import { useForm } from '@/lib/use-form';
import { Door, Say, Waiting } from './door';
import { useVisitor } from './visitor';

/** `/reset-password#token`, printed by the command line. */
export function ResetPasswordPage() {
  const token = useLocationHash();
  const visitor = useVisitor();
  const { form, errors, error, isPending } = useForm(
    ['password'],
    ({ password }) => resetPassword(token ?? '', password),
    () => arrive(null),
  );
  if (token === null) {
    return (
      <Door title="Set your password">
        <Waiting>Please wait…</Waiting>
      </Door>
    );
  }
  if (token === '') {
    return (
      <Door title="This link is incomplete">
        <Say>
          The part after the <code className="text-mono">#</code> is missing. Copy the whole link.
        </Say>
      </Door>
    );
  }
  return (
    <Door title="Set your password">
      <Say>This ends all your other sessions and signs you in here.</Say>
      {visitor.data ? (
        <Say>
          You are signed in as <span className="text-ink">{visitor.data.email}</span>. The new
          password is for the account that the link was created for. Or{' '}
          <Link href="/" className="text-accent underline">
            go to X-Ray
          </Link>
          .
        </Say>
      ) : null}
      <form {...form} aria-label="Set your password" className="flex flex-col gap-4">
        <FormError message={error} />
        <NewPassword label="New password" name="password" error={errors.password} />
        <Button type="submit" variant="primary" className="h-9" disabled={isPending}>
          {isPending ? 'Please wait…' : 'Set password and sign in'}
        </Button>
      </form>
    </Door>
  );
}
