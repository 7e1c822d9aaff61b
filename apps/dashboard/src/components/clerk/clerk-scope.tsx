'use client';

import { ClerkProvider } from '@clerk/react';
import type { ReactNode } from 'react';
import { SIGN_IN, isDoor } from '@/lib/doors';

/**
 * The context for the parts of Clerk. Its script and forms come from Clerk's own host. The forms
 * are only shown on the sign-in pages.
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
