import type { Metadata } from 'next';
import { Suspense } from 'react';
import { CasePage, CaseSkeleton } from '@/features/case/case-page';

export const metadata: Metadata = { title: 'Case' };

export default function Page() {
  return (
    <Suspense fallback={<CaseSkeleton />}>
      <CasePage />
    </Suspense>
  );
}
