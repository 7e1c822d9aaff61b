'use client';

import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy, useEffect } from 'react';
import { configQuery } from '@/lib/queries';
import { provideSession } from '@/lib/session-source';

// Only where Clerk signs people in does anybody load it.
const ClerkSource = lazy(async () => ({
  default: (await import('./clerk/clerk-source')).ClerkSource,
}));

/** Settles how requests say who sends them, as the server's settings have it. */
export function SessionProvider() {
  const { data, isError } = useQuery(configQuery);
  const signIn = data?.signIn;
  useEffect(() => {
    // When even that is not known, requests go out as they are, and say what is wrong.
    if (signIn?.kind === 'local' || isError) provideSession(null);
  }, [signIn, isError]);
  if (signIn?.kind !== 'clerk') return null;
  return (
    <Suspense>
      <ClerkSource publishableKey={signIn.publishableKey} />
    </Suspense>
  );
}
