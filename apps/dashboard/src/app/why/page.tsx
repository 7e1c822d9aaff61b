import type { Metadata } from 'next';
import { Suspense } from 'react';
import { WhyPage } from '@/features/lookup/why-page';
import { WhySkeleton } from '@/features/lookup/why-skeleton';

export const metadata: Metadata = { title: 'Why?' };

export default function Page() {
  return (
    <Suspense fallback={<WhySkeleton />}>
      <WhyPage />
    </Suspense>
  );
}
