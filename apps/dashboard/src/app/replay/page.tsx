import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ReplaysSkeleton } from '@/features/replays/replays-skeleton';
import { ReplaysPage } from '@/features/replays/replays-page';

export const metadata: Metadata = { title: 'Replays' };

export default function Page() {
  return (
    <Suspense fallback={<ReplaysSkeleton />}>
      <ReplaysPage />
    </Suspense>
  );
}
