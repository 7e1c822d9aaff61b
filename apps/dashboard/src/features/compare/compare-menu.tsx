'use client';

import type { ExecutionDetail } from '@xray/core';
import { GitCompareIcon } from 'lucide-react';
import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';

const load = () => import('./opened-compare-menu');
const Opened = lazy(async () => ({ default: (await load()).OpenedCompareMenu }));

/** Leads from an execution to what it is worth comparing with. */
export function CompareMenu({ app, detail }: { app: string; detail: ExecutionDetail }) {
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} app={app} detail={detail} />}
    >
      <GitCompareIcon aria-hidden />
      Compare…
    </LazyMenu>
  );
}
