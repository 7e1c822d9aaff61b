'use client';

import type { NamedChange } from '@xray/core';
import Link from 'next/link';
import { useNames } from '@/lib/dictionary';
import { formatAbsolute } from '@/lib/format';
import { useZone } from '@/lib/preferences';
import { changeSubject, changeWords, versionsText } from './rule-change-text';

/** Changes of rules and steps: what, since when, and with which version. */
export function RuleChangeList<Change extends NamedChange>({
  changes,
  compareHref,
}: {
  changes: readonly Change[];
  /** The address that compares the executions before and after a change. */
  compareHref?: (change: Change) => string;
}) {
  const zone = useZone();
  const names = useNames();
  const environments = new Set(changes.map(({ environment }) => environment));
  return (
    <ul className="border-t border-line">
      {changes.map((change) => {
        const { at, environment, versions, evidence } = change;
        const released = versionsText(versions);
        return (
          <li
            key={JSON.stringify([change.rule, change.step, change.field, at, environment])}
            className="flex min-w-0 flex-wrap items-baseline gap-x-2 border-b border-line px-4 py-1.5 text-sm"
          >
            <span className="min-w-0 wrap-anywhere">
              <strong className="font-medium" title={changeSubject(change)}>
                {changeSubject(change, names)}
              </strong>
              : {changeWords(change, names)}
            </span>
            <span className="text-ink-muted">
              since <time dateTime={at}>{whenText(at, zone)}</time>
              {released === '' ? '' : `, ${released}`}
              {environments.size > 1 ? `, ${environment}` : ''}
              {evidence === 'time' ? ', without a new version' : ''}
            </span>
            {compareHref === undefined ? null : (
              <Link
                href={compareHref(change)}
                prefetch={false}
                className="touch-link ml-auto text-accent hover:underline print:hidden"
              >
                Compare before and after
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** `Tue 2026-11-24 09:14` */
function whenText(iso: string, zone: 'local' | 'utc'): string {
  const day = new Intl.DateTimeFormat('en', {
    weekday: 'short',
    ...(zone === 'utc' && { timeZone: 'UTC' }),
  }).format(new Date(iso));
  return `${day} ${formatAbsolute(iso, zone).slice(0, 16)}`;
}
