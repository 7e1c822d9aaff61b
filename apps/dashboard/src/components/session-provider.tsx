'use client';

import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy, useEffect } from 'react';
import { configQuery } from '@/lib/queries';
import { provideSession } from '@/lib/session-source';

// Loaded only if Clerk signs people in.
const ClerkSource = lazy(async () => ({
  default: (await import('./clerk/clerk-source')).ClerkSource,
}));

/** Chooses how requests authenticate, as the server's settings say. */
export function SessionProvider() {
  const { data, isError } = useQuery(configQuery);
  const signIn = data?.signIn;
  useEffect(() => {
    // Without settings, requests are sent unchanged, and their errors are shown.
    if (signIn?.kind === 'local' || isError) provideSession(null);
  }, [signIn, isError]);
  if (signIn?.kind !== 'clerk') return null;
  return (
    <Suspense>
      <ClerkSource publishableKey={signIn.publishableKey} />
    </Suspense>
  );
}
