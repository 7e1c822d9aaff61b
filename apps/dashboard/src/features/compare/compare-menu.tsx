'use client';

import type { ExecutionDetail } from '@xray/core';
import { GitCompareIcon } from 'lucide-react';
import { lazyMenu } from '@/components/ui/lazy-menu';

const Menu = lazyMenu(async () => (await import('./compare-menu-content')).CompareMenuContent);

/** Opens suggestions to compare an execution with. */
export function CompareMenu({ app, detail }: { app: string; detail: ExecutionDetail }) {
  return (
    <Menu content={{ app, detail }}>
      <GitCompareIcon aria-hidden />
      Compare…
    </Menu>
  );
}
