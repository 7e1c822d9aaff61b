import type { Metadata } from 'next';
import { Suspense } from 'react';
import { RowsSkeleton } from '@/features/funnel/pipeline-skeleton';
import { RulesPage } from '@/features/funnel/rules-page';

export const metadata: Metadata = { title: 'Rules' };

export default function Page() {
  return (
    <Suspense fallback={<RowsSkeleton />}>
      <RulesPage />
    </Suspense>
  );
}
