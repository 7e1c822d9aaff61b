'use client';

import { ClerkFailed, useAuth, useClerk } from '@clerk/react';
import { useEffect } from 'react';
import { ApiError } from '@/lib/api-client';
import { failSession, provideSession } from '@/lib/session-source';
import { ClerkScope } from './clerk-scope';

/** Clerk itself gives up after 15 s, which is too long for an empty page. */
const LOAD_TIMEOUT_MS = 8_000;

/** Adds a Clerk token to every request. */
export function ClerkSource({ publishableKey }: { publishableKey: string }) {
  return (
    <ClerkScope publishableKey={publishableKey}>
      <Source />
      <ClerkFailed>
        <Failure afterMs={0} />
      </ClerkFailed>
    </ClerkScope>
  );
}

function Source() {
  const clerk = useClerk();
  const { isLoaded } = useAuth();
  useEffect(() => {
    if (!isLoaded) return;
    provideSession({
      token: async () => (await clerk.session?.getToken()) ?? null,
      signOut: () => clerk.signOut({ redirectUrl: location.href }),
      profileUrl: () => clerk.buildUserProfileUrl(),
    });
  }, [clerk, isLoaded]);
  return isLoaded ? null : <Failure afterMs={LOAD_TIMEOUT_MS} />;
}

function Failure({ afterMs }: { afterMs: number }) {
  useEffect(() => {
    const timer = setTimeout(() => failSession(clerkIsAway()), afterMs);
    return () => clearTimeout(timer);
  }, [afterMs]);
  return null;
}

function clerkIsAway(): ApiError {
  return new ApiError(0, {
    code: 'clerk_unreachable',
    message: 'Clerk, which handles sign-in here, could not be reached. Try again later.',
  });
}
