'use client';

import { AppGate } from '@/components/app-gate';
import { CompareSkeleton, CompareTwo } from '@/features/compare/compare-two';

export function CompareView() {
  return (
    <AppGate loading={<CompareSkeleton />}>
      {(app) => (
        <div className="flex min-h-0 flex-1 flex-col">
          <h1 className="sr-only">Compare executions of {app}</h1>
          <CompareTwo key={app} app={app} />
        </div>
      )}
    </AppGate>
  );
}
