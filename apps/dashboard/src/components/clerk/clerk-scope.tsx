'use client';

import { ClerkProvider } from '@clerk/react';
import type { ReactNode } from 'react';
import { SIGN_IN, isDoor } from '@/lib/doors';

/**
 * What of Clerk's needs its context. Its script comes from Clerk's own host, and its forms too, but for
 * the doors alone: elsewhere nothing of Clerk's is seen.
 */
export function ClerkScope({
  publishableKey,
  children,
}: {
  publishableKey: string;
  children: ReactNode;
}) {
  return (
    <ClerkProvider
      publishableKey={publishableKey}
      telemetry={false}
      signInUrl={SIGN_IN}
      signUpUrl={SIGN_IN}
      {...(!isDoor(location.pathname) && { prefetchUI: false })}
    >
      {children}
    </ClerkProvider>
  );
}
