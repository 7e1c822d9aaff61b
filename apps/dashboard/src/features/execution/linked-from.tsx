'use client';

import type { LinkedFrom } from '@xray/core';
import Link from 'next/link';
import { useNames } from '@/lib/dictionary';
import { formatDuration } from '@/lib/format';
import { executionHref } from '@/lib/links';

const DONE: Record<string, string> = {
  review_of: 'reviewed',
  overrides: 'overridden',
  retry_of: 'retried',
  replay_of: 'replayed',
  parent: 'called another decision',
};

/** What happened to this decision afterwards: `reviewed 2 h later → declined`. */
export function LinkedFromLines({
  app,
  at,
  linkedFrom,
}: {
  app: string;
  at: string;
  linkedFrom: readonly LinkedFrom[];
}) {
  const names = useNames();
  if (linkedFrom.length === 0) return null;
  return (
    <ul aria-label="Executions that link to this one" className="flex flex-wrap gap-x-4 text-sm">
      {linkedFrom.map((link) => {
        const laterMs = Date.parse(link.at) - Date.parse(at);
        return (
          <li key={`${link.relation} ${link.executionId}`}>
            <Link
              href={executionHref(app, link.executionId)}
              prefetch={false}
              title={link.executionId}
              className="touch-link inline-block text-accent hover:underline"
            >
              {DONE[link.relation] ?? link.relation.replaceAll('_', ' ')}
              {laterMs > 0 ? ` ${formatDuration(laterMs)} later` : ''}
              {link.outcome === null ? '' : ` → ${names('outcomes', link.outcome)}`}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
