'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { parseAsString, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { appsQuery } from '@/lib/queries';
import { EmptyState, ErrorState } from './states';

/** Renders a page for the app in the address, or else for the first app. */
export function AppGate({
  loading,
  children,
}: {
  loading: ReactNode;
  children: (app: string) => ReactNode;
}) {
  const [app] = useQueryState('app', parseAsString);
  const apps = useQuery({ ...appsQuery, enabled: app === null });
  const chosen = app ?? apps.data?.items[0]?.id;
  if (chosen !== undefined) return children(chosen);
  if (apps.isPending) return loading;
  if (apps.isError) {
    return (
      <ErrorState
        heading="h1"
        error={apps.error}
        title="The apps could not be loaded"
        onRetry={() => void apps.refetch()}
      />
    );
  }
  return (
    <EmptyState heading="h1" title="No apps yet">
      <p>
        <Link href="/" className="text-accent underline">
          The home page
        </Link>{' '}
        shows how to create the first app.
      </p>
    </EmptyState>
  );
}
