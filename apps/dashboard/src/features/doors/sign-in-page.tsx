'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { Suspense, lazy } from 'react';
import { ScrollText } from '@/components/scroll-text';
import { FormError } from '@/components/ui/field';
import { signInByLink } from '@/lib/access-api';
import { useLocationHash } from '@/lib/browser-state';
import { configQuery } from '@/lib/queries';
import { arrive } from '@/lib/session';
import { Door, Say, Waiting } from './door';
import { SignInForm } from './sign-in-form';
import { onwardQuery } from './visitor';

const ClerkSignIn = lazy(async () => ({
  default: (await import('./clerk-sign-in')).ClerkSignIn,
}));

/** `/sign-in?next=…`. With a token after the `#`, the link signs in without a form. */
export function SignInPage() {
  const next = useSearchParams().get('next');
  const token = useLocationHash();
  const config = useQuery(configQuery);
  if (token === null) return <Door title="Sign in">{null}</Door>;
  if (config.data?.signIn.kind === 'clerk') {
    return (
      <Door title="Sign in" isBare>
        <Suspense fallback={<Waiting>Loading Clerk…</Waiting>}>
          <ClerkSignIn publishableKey={config.data.signIn.publishableKey} next={next} />
        </Suspense>
      </Door>
    );
  }
  // Clerk also uses the fragment, so the settings must be known first.
  if (token !== '' && config.isPending) {
    return (
      <Door title="Sign in">
        <Waiting>Please wait…</Waiting>
      </Door>
    );
  }
  if (token !== '') return <LinkSignIn token={token} />;
  if (config.data?.signIn.needsSetup === true) return <NeedsSetup />;
  return <PasswordSignIn next={next} />;
}

function PasswordSignIn({ next }: { next: string | null }) {
  const visitor = useQuery(onwardQuery(next));
  if (visitor.isPending || visitor.data) {
    return (
      <Door title="Sign in">
        <Waiting>Please wait…</Waiting>
      </Door>
    );
  }
  return (
    <Door title="Sign in">
      <SignInForm onSignedIn={() => arrive(next)} />
      <details className="text-sm text-ink-muted">
        <summary className="cursor-pointer">Forgot your password?</summary>
        <p className="mt-2 mb-1">Run this on the server to get a link that sets a new one:</p>
        <ScrollText label="Command" text="npm run xray -- users reset-password <email>" />
      </details>
    </Door>
  );
}

function LinkSignIn({ token }: { token: string }) {
  // It is a query rather than an effect, because the link works once and a query runs once.
  const signing = useQuery({
    queryKey: ['sign-in by link', token],
    queryFn: async () => {
      const user = await signInByLink(token);
      arrive(null);
      return user;
    },
    retry: false,
    staleTime: Infinity,
    refetchOnReconnect: false,
  });
  if (!signing.isError) {
    return (
      <Door title="Sign in">
        <Waiting>Signing in with this link…</Waiting>
      </Door>
    );
  }
  return (
    <Door title="Sign in">
      <FormError message={signing.error.message} />
      <Say>
        <Link href="/sign-in" className="text-accent underline">
          Sign in with a password
        </Link>{' '}
        instead, or create a new link on the server.
      </Say>
    </Door>
  );
}

function NeedsSetup() {
  return (
    <Door title="No account exists yet">
      <Say>
        When the server started, it printed a link that creates the first administrator. Find it in
        the terminal or the log and open it. It contains <code className="text-mono">/setup#…</code>
      </Say>
      <Say>The server prints the link at every start until it is used.</Say>
    </Door>
  );
}
