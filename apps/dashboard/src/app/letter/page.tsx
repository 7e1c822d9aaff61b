import type { Metadata } from 'next';
import { Suspense } from 'react';
import { LetterPage, LetterSkeleton } from '@/features/letter/letter-page';

export const metadata: Metadata = { title: 'Letter' };

export default function Page() {
  return (
    <Suspense fallback={<LetterSkeleton />}>
      <LetterPage />
    </Suspense>
  );
}
