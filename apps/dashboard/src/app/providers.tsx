'use client';

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useState, type ReactNode } from 'react';
import { SessionProvider } from '@/components/session-provider';
import { ApiError } from '@/lib/api-client';
import { keepFewUnused } from '@/lib/few-unused';
import { leaveIfSignedOut } from '@/lib/session';

const MAX_RETRIES = 2;

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(newClient);
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>{children}</NuqsAdapter>
      <SessionProvider />
    </QueryClientProvider>
  );
}

function newClient(): QueryClient {
  const queryCache = new QueryCache({ onError: leaveIfSignedOut });
  keepFewUnused(queryCache);
  return new QueryClient({
    queryCache,
    mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        // Refusals are final. Only temporary failures are retried.
        retry: (failures, error) =>
          failures < MAX_RETRIES &&
          !(error instanceof ApiError && error.status >= 400 && error.status < 500),
        retryDelay: (attempt) => 300 * 2 ** attempt,
      },
    },
  });
}
