import type { Metadata } from 'next';
import { Suspense } from 'react';
import { RowsSkeleton } from '@/features/settings/panel';
import { SettingsPage } from '@/features/settings/settings-page';

export const metadata: Metadata = { title: 'Settings' };

export default function Page() {
  return (
    <Suspense fallback={<RowsSkeleton label="Loading the settings" />}>
      <SettingsPage />
    </Suspense>
  );
}
