import type { Metadata } from 'next';
import { Suspense } from 'react';
import { PipelinePage } from '@/features/funnel/pipeline-page';
import { RowsSkeleton } from '@/features/funnel/pipeline-skeleton';

export const metadata: Metadata = { title: 'Pipeline' };

export default function Page() {
  return (
    <Suspense fallback={<RowsSkeleton />}>
      <PipelinePage />
    </Suspense>
  );
}
