import type { Metadata } from 'next';
import { Suspense } from 'react';
import { SetupPage } from '@/features/doors/setup-page';

export const metadata: Metadata = { title: 'Set up' };

export default function Page() {
  return (
    <Suspense>
      <SetupPage />
    </Suspense>
  );
}
