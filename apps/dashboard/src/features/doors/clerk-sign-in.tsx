'use client';

import { SignIn, useAuth } from '@clerk/react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ClerkScope } from '@/components/clerk/clerk-scope';
import { Button } from '@/components/ui/button';
import { FormError } from '@/components/ui/field';
import { getMe } from '@/lib/access-api';
import { ApiError } from '@/lib/api-client';
import { arrive, signOut } from '@/lib/session';
import { Say, Waiting } from './door';

/** Clerk's form. The server decides whether it accepts a Clerk session. */
export function ClerkSignIn({
  publishableKey,
  next,
}: {
  publishableKey: string;
  next: string | null;
}) {
  return (
    <ClerkScope publishableKey={publishableKey}>
      <Inside next={next} />
    </ClerkScope>
  );
}

function Inside({ next }: { next: string | null }) {
  const { isLoaded, isSignedIn } = useAuth();
  if (!isLoaded) return <Waiting>Loading Clerk…</Waiting>;
  if (isSignedIn) return <Arrival next={next} />;
  // Returns to this page, which asks the server.
  const here = `${location.pathname}${location.search}`;
  return (
    <SignIn
      routing="hash"
      withSignUp
      forceRedirectUrl={here}
      signUpForceRedirectUrl={here}
      fallback={<Waiting>Loading Clerk…</Waiting>}
    />
  );
}

function Arrival({ next }: { next: string | null }) {
  // It is a query rather than an effect, because the answer decides where to go.
  const arrival = useQuery({
    queryKey: ['arrival'],
    queryFn: async ({ signal }) => {
      const me = await getMe(signal);
      if (me === null) {
        throw new ApiError(401, { message: 'The server does not accept this Clerk session.' });
      }
      arrive(next);
      return me;
    },
    retry: false,
    staleTime: Infinity,
  });
  const leaving = useMutation({ mutationFn: signOut, onSuccess: () => location.reload() });
  if (!arrival.isError) return <Waiting>Signing in…</Waiting>;
  return (
    <>
      <FormError message={leaving.error?.message ?? arrival.error.message} />
      <Say>Clerk signed you in, but this server refused the session.</Say>
      <Button disabled={leaving.isPending} onClick={() => leaving.mutate()}>
        Sign out and use another account
      </Button>
    </>
  );
}
