'use client';

import type { ExecutionDetail, ExecutionSummary } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState, type ReactElement } from 'react';
import { RelativeTime } from '@/components/time';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { ExecutionLabel } from '@/components/outcome-label';
import { truncateMiddle } from '@/lib/format';
import { compareHref } from '@/lib/links';
import { neighboursQuery } from '@/lib/queries';
import { suggestions, type Suggestion } from './suggestions';

/**
 * Suggestions to compare an execution with: the previous one, the last approved one, and linked
 * ones.
 */
export function CompareMenuContent({
  trigger,
  app,
  detail,
}: {
  trigger: ReactElement;
  app: string;
  detail: ExecutionDetail;
}) {
  const [open, setOpen] = useState(true);
  const { snapshot, server } = detail;
  const { executionId, pipeline } = snapshot;
  const at = snapshot.startedAt ?? server.receivedAt;
  const around = useQuery({ ...neighboursQuery(app, pipeline, at), enabled: open });
  const found = suggestions(snapshot, around.data ?? { before: [], after: [] });
  return (
    <DropdownMenu open={open} onOpenChange={setOpen}>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent className="w-[min(26rem,calc(100vw-1.5rem))]">
        <DropdownMenuLabel>Compare with</DropdownMenuLabel>
        {found.map((suggestion) => (
          <SuggestionItem key={suggestion.name} app={app} suggestion={suggestion} />
        ))}
        {around.isPending ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">
            Loading other executions of {pipeline}…
          </p>
        ) : around.isError ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">
            Other executions of {pipeline} could not be loaded.
          </p>
        ) : found.length === 0 ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">
            There are no other executions of {pipeline} yet.
          </p>
        ) : null}
        <DropdownMenuSeparator />
        <DropdownMenuItem asChild>
          <Link href={compareHref(app, null, executionId)} prefetch={false}>
            Choose another…
          </Link>
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

function SuggestionItem({
  app,
  suggestion: { name, a, b, other },
}: {
  app: string;
  suggestion: Suggestion;
}) {
  return (
    <DropdownMenuItem asChild>
      <Link href={compareHref(app, a, b)} prefetch={false} className="flex-wrap gap-y-0">
        <span className="shrink-0">{name}</span>
        <span className="flex min-w-0 flex-1 items-center justify-end gap-2 text-ink-muted">
          {typeof other === 'string' ? (
            <code className="text-mono truncate">{truncateMiddle(other, 18)}</code>
          ) : (
            <OtherText other={other} />
          )}
        </span>
      </Link>
    </DropdownMenuItem>
  );
}

function OtherText({ other }: { other: ExecutionSummary }) {
  return (
    <>
      <ExecutionLabel execution={other} />
      <RelativeTime iso={other.at} className="shrink-0 text-xs" />
    </>
  );
}
