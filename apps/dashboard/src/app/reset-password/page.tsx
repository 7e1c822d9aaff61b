import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ResetPasswordPage } from '@/features/doors/reset-password-page';

export const metadata: Metadata = { title: 'Set your password' };

export default function Page() {
  return (
    <Suspense>
      <ResetPasswordPage />
    </Suspense>
  );
}
