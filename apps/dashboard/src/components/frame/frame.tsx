'use client';

import {
  GitCompareIcon,
  LayoutGridIcon,
  ListIcon,
  MessageCircleQuestionMarkIcon,
  PanelLeftIcon,
  RotateCcwIcon,
  SettingsIcon,
  WorkflowIcon,
  type LucideIcon,
} from 'lucide-react';
import Link from 'next/link';
import { usePathname, useSearchParams } from 'next/navigation';
import { Suspense, type ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { isDoor } from '@/lib/doors';
import {
  compareHref,
  executionsHref,
  pipelinesHref,
  replaysHref,
  settingsHref,
  whyHref,
} from '@/lib/links';
import { setRailOpen, useRailOpen } from '@/lib/preferences';
import { AppSwitcher } from './app-switcher';
import { Breadcrumb } from './breadcrumb';
import { DisplayMenu } from './display-menu';
import { LiveDot } from './live-dot';
import { Logo } from './logo';
import { UserMenu } from './user-menu';

interface Place {
  name: string;
  href: string;
  icon: LucideIcon;
  current: boolean;
  /** A phone has no room for it in its bar. The page of the pipelines links to it. */
  isWideOnly?: true;
}

/** Rail, top bar and page. Below 768 px the rail is a bar at the bottom. Sign-in pages have no frame. */
export function Frame({ children, tools }: { children: ReactNode; tools?: ReactNode }) {
  const railOpen = useRailOpen();
  const path = usePathname();
  if (isDoor(path)) return children;
  return (
    <div className="flex h-dvh flex-col md:flex-row print:block print:h-auto">
      <a
        href="#page"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <nav
        aria-label="X-Ray"
        className="rail hidden shrink-0 flex-col gap-2 border-r border-line bg-canvas p-2 md:flex print:hidden"
      >
        <Link href="/" className="flex h-8 items-center gap-2 px-2 font-semibold">
          <Logo />
          <span className="rail-label">X-Ray</span>
        </Link>
        <Suspense fallback={<div className="h-8" />}>
          <AppSwitcher />
        </Suspense>
        <div className="flex flex-1 flex-col gap-0.5">
          <Suspense>
            <Places />
          </Suspense>
        </div>
        <Button
          variant="ghost"
          className="w-full justify-start px-2.5"
          aria-expanded={railOpen}
          aria-label={railOpen ? 'Collapse the sidebar' : 'Expand the sidebar'}
          title={railOpen ? 'Collapse the sidebar' : 'Expand the sidebar'}
          onClick={() => setRailOpen(!railOpen)}
        >
          <PanelLeftIcon aria-hidden />
          <span className="rail-label">Collapse</span>
        </Button>
      </nav>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col bg-panel print:block">
        <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3 md:px-4 print:hidden">
          <Suspense fallback={<div className="flex-1" />}>
            <Breadcrumb />
          </Suspense>
          <LiveDot />
          <Suspense>{tools}</Suspense>
          <DisplayMenu />
          <UserMenu />
        </header>
        <main
          id="page"
          tabIndex={-1}
          className="flex min-h-0 flex-1 flex-col outline-none print:block"
        >
          {children}
        </main>
      </div>
      <nav
        aria-label="Pages"
        className="grid h-14 shrink-0 auto-cols-fr grid-flow-col border-t border-line bg-canvas md:hidden print:hidden"
      >
        <Suspense>
          <Places stacked />
        </Suspense>
      </nav>
    </div>
  );
}

function Places({ stacked = false }: { stacked?: boolean }) {
  const path = usePathname();
  const app = useSearchParams().get('app');
  const places: Place[] = [
    { name: 'Apps', href: '/', icon: LayoutGridIcon, current: path === '/' },
    {
      name: 'Executions',
      href: app === null ? '/executions' : executionsHref(app),
      icon: ListIcon,
      current: path.startsWith('/execution'),
    },
    {
      name: 'Pipelines',
      href: app === null ? '/pipelines' : pipelinesHref(app),
      icon: WorkflowIcon,
      current: path.startsWith('/pipeline'),
    },
    {
      name: 'Why?',
      href: app === null ? '/why' : whyHref(app),
      icon: MessageCircleQuestionMarkIcon,
      current: path.startsWith('/why'),
    },
    {
      name: 'Compare',
      href: app === null ? '/compare' : compareHref(app),
      icon: GitCompareIcon,
      current: path.startsWith('/compare'),
    },
    {
      name: 'Replays',
      href: app === null ? '/replay' : replaysHref(app),
      icon: RotateCcwIcon,
      current: path.startsWith('/replay'),
      isWideOnly: true,
    },
    {
      name: 'Settings',
      href: settingsHref('apps', app),
      icon: SettingsIcon,
      current: path.startsWith('/settings'),
    },
  ];
  const shown = places.filter(({ isWideOnly }) => !stacked || isWideOnly !== true);
  return shown.map(({ name, href, icon: Icon, current }) => (
    <Link
      key={name}
      href={href}
      aria-current={current ? 'page' : undefined}
      title={name}
      className={cn(
        'flex items-center text-sm text-ink-muted hover:text-ink',
        stacked
          ? 'flex-col justify-center gap-0.5 text-xs'
          : 'h-8 gap-2 rounded-md px-2.5 hover:bg-hover',
        current && (stacked ? 'text-accent' : 'bg-accent-soft font-medium text-ink'),
      )}
    >
      <Icon aria-hidden className={cn('size-4 shrink-0', current && 'text-accent')} />
      <span className={stacked ? '' : 'rail-label'}>{name}</span>
    </Link>
  ));
}
