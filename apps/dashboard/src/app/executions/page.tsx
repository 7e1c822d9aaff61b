import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ExplorerPage } from '@/features/explorer/explorer-page';
import { ExplorerSkeleton } from '@/features/explorer/explorer-skeleton';

export const metadata: Metadata = { title: 'Executions' };

export default function Page() {
  return (
    <Suspense fallback={<ExplorerSkeleton />}>
      <ExplorerPage />
    </Suspense>
  );
}
