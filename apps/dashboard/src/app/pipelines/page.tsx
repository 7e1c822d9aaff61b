import type { Metadata } from 'next';
import { Suspense } from 'react';
import { RowsSkeleton } from '@/features/funnel/pipeline-skeleton';
import { PipelinesPage } from '@/features/funnel/pipelines-page';

export const metadata: Metadata = { title: 'Pipelines' };

export default function Page() {
  return (
    <Suspense fallback={<RowsSkeleton />}>
      <PipelinesPage />
    </Suspense>
  );
}
