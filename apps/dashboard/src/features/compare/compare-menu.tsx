'use client';

import type { ExecutionDetail } from '@xray/core';
import { GitCompareIcon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';

const Menu = lazyMenu(async () => (await import('./compare-menu-content')).CompareMenuContent);

/** Leads from an execution to what it is worth comparing with. */
export function CompareMenu({ app, detail }: { app: string; detail: ExecutionDetail }) {
  return (
    <Menu content={{ app, detail }}>
      <GitCompareIcon aria-hidden />
      Compare…
    </Menu>
  );
}
