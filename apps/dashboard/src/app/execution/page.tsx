import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ExecutionSkeleton } from '@/features/execution/execution-skeleton';
import { ExecutionView } from './execution-view';

export const metadata: Metadata = { title: 'Execution' };

export default function Page() {
  return (
    <Suspense fallback={<ExecutionSkeleton />}>
      <ExecutionView />
    </Suspense>
  );
}
