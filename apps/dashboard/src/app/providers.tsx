'use client';

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useState, type ReactNode } from 'react';
import { SessionProvider } from '@/components/session-provider';
import { ApiError } from '@/lib/api-client';
import { leaveIfSignedOut } from '@/lib/session';

const MAX_RETRIES = 2;

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        queryCache: new QueryCache({ onError: leaveIfSignedOut }),
        mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
        defaultOptions: {
          queries: {
            staleTime: 10_000,
            refetchOnWindowFocus: false,
            // A refusal stays one; only what may pass by itself is tried again.
            retry: (failures, error) =>
              failures < MAX_RETRIES &&
              !(error instanceof ApiError && error.status >= 400 && error.status < 500),
            retryDelay: (attempt) => 300 * 2 ** attempt,
          },
        },
      }),
  );
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>{children}</NuqsAdapter>
      <SessionProvider />
    </QueryClientProvider>
  );
}
