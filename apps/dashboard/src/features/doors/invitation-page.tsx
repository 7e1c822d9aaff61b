'use client';

import type { Me } from '@xray/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { FormError } from '@/components/ui/field';
import { acceptInvitation, previewInvitation } from '@/lib/access-api';
import type { InvitationPreview } from '@/lib/access-api';
import { useLocationHash } from '@/lib/browser-state';
import { executionsHref } from '@/lib/links';
import { configQuery } from '@/lib/queries';
import { arrive, signInAndReturn, signOut } from '@/lib/session';
import { AccountForm } from './account-form';
import { Door, Say, Waiting } from './door';
import { SignInForm } from './sign-in-form';
import { useVisitor } from './visitor';

/** `/invitation#token`: joins an app as the signed-in person or with a new account. */
export function InvitationPage() {
  const token = useLocationHash();
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => previewInvitation(token ?? ''),
    enabled: token !== null && token !== '',
  });
  const visitor = useVisitor();
  if (token === '') {
    return (
      <Door title="This link is incomplete">
        <Say>
          The part after the <code className="text-mono">#</code> is missing. Copy the whole link.
        </Say>
      </Door>
    );
  }
  if (invitation.isError || visitor.isError) {
    return (
      <Door title="Invitation">
        <FormError message={(invitation.error ?? visitor.error)?.message ?? null} />
        <Say>
          Ask the sender for a new one, or{' '}
          <Link href="/" className="text-accent underline">
            go to X-Ray
          </Link>
          .
        </Say>
      </Door>
    );
  }
  if (token === null || invitation.isPending || visitor.isPending) {
    return (
      <Door title="Invitation">
        <Waiting>Please wait…</Waiting>
      </Door>
    );
  }
  return (
    <Door title={`Join ${invitation.data.appName}`}>
      <Say>
        {invitation.data.invitedBy} invites you to this app as{' '}
        <strong className="font-semibold text-ink">{invitation.data.role}</strong>. The invitation
        ends <RelativeTime iso={invitation.data.expiresAt} />.
      </Say>
      <Joining
        token={token}
        invitation={invitation.data}
        visitor={visitor.data}
        onVisitorChange={() => void visitor.refetch()}
      />
    </Door>
  );
}

interface JoiningProps {
  token: string;
  invitation: InvitationPreview;
  visitor: Me;
  onVisitorChange: () => void;
}

function Joining({ token, invitation, visitor, onVisitorChange }: JoiningProps) {
  const [hasAccount, setHasAccount] = useState(false);
  const config = useQuery(configQuery);
  const email = invitation.email ?? undefined;
  if (visitor !== null) {
    return <JoinAs {...{ token, invitation, visitor, onVisitorChange }} />;
  }
  if (config.data?.signIn.kind === 'clerk') {
    return (
      <Button variant="primary" className="h-9" onClick={() => signInAndReturn(token)}>
        Sign in with Clerk to join
      </Button>
    );
  }
  return (
    <>
      {hasAccount ? (
        <SignInForm email={email} onSignedIn={onVisitorChange} />
      ) : (
        <AccountForm
          label="Create account and join"
          email={email}
          onSubmit={async (account) => {
            await acceptInvitation({ token, account });
            arrive(executionsHref(invitation.appId));
          }}
        />
      )}
      <Button variant="ghost" className="self-center" onClick={() => setHasAccount(!hasAccount)}>
        {hasAccount ? 'I have no account yet' : 'I already have an account'}
      </Button>
    </>
  );
}

function JoinAs({
  token,
  invitation,
  visitor,
  onVisitorChange,
}: JoiningProps & { visitor: NonNullable<Me> }) {
  const joining = useMutation({
    mutationFn: () => acceptInvitation({ token }),
    onSuccess: () => arrive(executionsHref(invitation.appId)),
  });
  const leaving = useMutation({ mutationFn: signOut, onSuccess: onVisitorChange });
  const isForAnother = invitation.email !== null && invitation.email !== visitor.email;
  const error = joining.error ?? leaving.error;
  return (
    <>
      <FormError message={error?.message ?? null} />
      <Say>
        You are signed in as <span className="text-ink">{visitor.email}</span>
        {isForAnother ? `; the invitation is for ${invitation.email}.` : '.'}
      </Say>
      {isForAnother ? null : (
        <Button
          variant="primary"
          className="h-9"
          disabled={joining.isPending}
          onClick={() => joining.mutate()}
        >
          {joining.isPending ? 'Joining…' : `Join ${invitation.appName}`}
        </Button>
      )}
      <Button
        variant={isForAnother ? 'outline' : 'ghost'}
        disabled={leaving.isPending}
        onClick={() => leaving.mutate()}
      >
        Sign out and use another account
      </Button>
    </>
  );
}
