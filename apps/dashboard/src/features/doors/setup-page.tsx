'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Button } from '@/components/ui/button';
import { FormError } from '@/components/ui/field';
import { claimSetup, setUp } from '@/lib/access-api';
import { useLocationHash } from '@/lib/browser-state';
import { configQuery } from '@/lib/queries';
import { arrive, signInAndReturn, signOut } from '@/lib/session';
import { AccountForm } from './account-form';
import { Door, Say, Waiting } from './door';
import { onwardQuery, useVisitor } from './visitor';

/** `/setup#token`, printed by the server: creates the first administrator. */
export function SetupPage() {
  const token = useLocationHash();
  const config = useQuery(configQuery);
  if (config.isError) {
    return (
      <Door title="Set up X-Ray">
        <FormError message={config.error.message} />
        <Button onClick={() => void config.refetch()}>Try again</Button>
      </Door>
    );
  }
  if (token === null || config.isPending) {
    return (
      <Door title="Set up X-Ray">
        <Waiting>Please wait…</Waiting>
      </Door>
    );
  }
  if (!config.data.signIn.needsSetup) return <AlreadySetUp />;
  if (token === '') {
    return (
      <Door title="This link is incomplete">
        <Say>
          The part after the <code className="text-mono">#</code> is missing. Copy the whole link
          that the server printed at its start.
        </Say>
      </Door>
    );
  }
  if (config.data.signIn.kind === 'clerk') return <ClerkSetup token={token} />;
  return (
    <Door title="Set up X-Ray">
      <Say>
        Create the first account. It is an administrator: it sees every app and can invite others.
      </Say>
      <AccountForm
        label="Create administrator"
        onSubmit={async (account) => {
          await setUp({ token, ...account });
          arrive(null);
        }}
      />
    </Door>
  );
}

function AlreadySetUp() {
  const visitor = useQuery(onwardQuery(null));
  if (visitor.isPending || visitor.data) {
    return (
      <Door title="Set up X-Ray">
        <Waiting>Please wait…</Waiting>
      </Door>
    );
  }
  return (
    <Door title="X-Ray is already set up">
      <Say>
        X-Ray has an administrator, so this link no longer works.{' '}
        <Link href="/sign-in" className="text-accent underline">
          Sign in
        </Link>
      </Say>
    </Door>
  );
}

/** With Clerk the link makes the signed-in person the administrator. */
function ClerkSetup({ token }: { token: string }) {
  const visitor = useVisitor();
  const claiming = useMutation({
    mutationFn: () => claimSetup(token),
    onSuccess: () => arrive(null),
  });
  const leaving = useMutation({ mutationFn: signOut, onSuccess: () => visitor.refetch() });
  const error = claiming.error ?? leaving.error ?? visitor.error;
  return (
    <Door title="Set up X-Ray">
      <FormError message={error?.message ?? null} />
      {visitor.isPending ? (
        <Waiting>Please wait…</Waiting>
      ) : visitor.data ? (
        <>
          <Say>
            You are signed in as <span className="text-ink">{visitor.data.email}</span>. An
            administrator sees every app and can invite others.
          </Say>
          <Button
            variant="primary"
            className="h-9"
            disabled={claiming.isPending}
            onClick={() => claiming.mutate()}
          >
            {claiming.isPending ? 'Please wait…' : 'Become the administrator'}
          </Button>
          <Button
            variant="ghost"
            className="self-center"
            disabled={leaving.isPending}
            onClick={() => leaving.mutate()}
          >
            Sign out and use another account
          </Button>
        </>
      ) : (
        <>
          <Say>
            Sign in with Clerk, and this link makes you an administrator. An administrator sees
            every app and can invite others.
          </Say>
          <Button variant="primary" className="h-9" onClick={() => signInAndReturn(token)}>
            Sign in with Clerk
          </Button>
        </>
      )}
    </Door>
  );
}
