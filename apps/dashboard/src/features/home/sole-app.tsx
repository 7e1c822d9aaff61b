'use client';

import type { App } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { Onboarding } from '@/components/onboarding';
import { ExecutionLabel } from '@/components/outcome-label';
import { Button } from '@/components/ui/button';
import { AppScope } from '@/lib/app-scope';
import { executionHref, executionsHref } from '@/lib/links';
import { recentExecutionsQuery } from '@/lib/queries';
import { RECENT } from './app-card';

/**
 * The first page if there is one app: its executions, or how to send the first one. It waits for
 * the first execution and then shows it.
 */
export function SoleApp({ app }: { app: App }) {
  const router = useRouter();
  const recent = useQuery(recentExecutionsQuery(app.id, RECENT));
  const [waited, setWaited] = useState(false);
  const first = recent.data?.items.at(-1);
  if (recent.data !== undefined && first === undefined && !waited) setWaited(true);
  const isInUse = recent.isError || (first !== undefined && !waited);
  useEffect(() => {
    if (isInUse) router.replace(executionsHref(app.id));
  }, [isInUse, router, app.id]);

  if (!waited) return null;
  if (first === undefined) {
    return (
      <Onboarding
        app={app.id}
        waitingFor="Waiting for your first execution. It will appear here automatically."
      />
    );
  }
  return (
    <output className="flex flex-wrap items-center gap-3 rounded-md border border-line bg-accent-soft px-4 py-3">
      <AppScope value={app.id}>
        <ExecutionLabel execution={first} className="font-medium" />
      </AppScope>
      <span>Your first execution has arrived.</span>
      {first.reasons.length > 0 ? (
        <span className="text-ink-muted">Reason: {first.reasons.join(', ')}</span>
      ) : null}
      <Button asChild variant="primary" className="ml-auto">
        <Link href={executionHref(app.id, first.executionId, 'explain')}>See why</Link>
      </Button>
    </output>
  );
}
