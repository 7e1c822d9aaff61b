'use client';

import { retry } from '@/components/boundary';
import { ErrorState } from '@/components/states';

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <ErrorState
      heading="h1"
      error={error}
      title="This page failed"
      onRetry={() => retry(error, reset)}
    />
  );
}
