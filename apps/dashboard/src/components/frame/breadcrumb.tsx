'use client';

import { ChevronRightIcon } from 'lucide-react';
import Link from 'next/link';
import { usePathname, useSearchParams } from 'next/navigation';
import { executionsHref } from '@/lib/links';
import { cn } from '@/lib/cn';
import { truncateMiddle } from '@/lib/format';

interface Crumb {
  text: string;
  full?: string;
  href: string | null;
  isApp?: true;
}

const PAGES = {
  '/settings': 'Settings',
  '/compare': 'Compare',
  '/why': 'Why?',
  '/case': 'Case',
  '/letter': 'Letter',
  '/pipeline': 'Pipelines',
  '/replay': 'Replays',
};

/** The current place, read only from the address. */
export function Breadcrumb() {
  const path = usePathname();
  const params = useSearchParams();
  const crumbs = crumbsOf(path, params.get('app'), params.get('id'));
  return (
    <nav aria-label="Breadcrumb" className="min-w-0 flex-1">
      <ol className="flex min-w-0 items-center gap-1 text-sm">
        {crumbs.map((crumb, index) => (
          <li
            key={crumb.text}
            className={cn(
              'flex min-w-0 items-center gap-1 last:shrink-0',
              // A phone shows the app and the page.
              !crumb.isApp && 'max-md:not-last:hidden',
            )}
          >
            {index === 0 ? null : (
              <ChevronRightIcon
                aria-hidden
                className={cn(
                  'size-3.5 shrink-0 text-ink-faint',
                  (crumbs.length < 3 || crumb.isApp) && 'max-md:hidden',
                )}
              />
            )}
            {crumb.href === null ? (
              <span aria-current="page" title={crumb.full} className="truncate font-medium">
                {crumb.text}
              </span>
            ) : (
              <Link
                href={crumb.href}
                title={crumb.full}
                className="touch-link truncate text-ink-muted hover:text-ink hover:underline"
              >
                {crumb.text}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function crumbsOf(path: string, app: string | null, executionId: string | null): Crumb[] {
  if (path === '/') return [{ text: 'Apps', href: null }];
  const crumbs: Crumb[] = [{ text: 'Apps', href: '/' }];
  if (app !== null) {
    crumbs.push({
      text: truncateMiddle(app, 32),
      full: app,
      href: executionsHref(app),
      isApp: true,
    });
  }
  const page = Object.entries(PAGES).find(([start]) => path.startsWith(start))?.[1];
  if (page !== undefined) return [...crumbs, { text: page, href: null }];
  if (!path.startsWith('/execution')) return crumbs;
  if (path.startsWith('/executions')) return [...crumbs, { text: 'Executions', href: null }];
  if (app !== null) crumbs.push({ text: 'Executions', href: executionsHref(app) });
  if (executionId === null) return [...crumbs, { text: 'Execution', href: null }];
  return [...crumbs, { text: truncateMiddle(executionId, 18), full: executionId, href: null }];
}
