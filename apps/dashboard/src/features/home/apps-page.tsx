'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { EmptyState, ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { executionsHref, settingsHref } from '@/lib/links';
import { appsQuery, meQuery } from '@/lib/queries';
import { AppCard } from './app-card';
import { SoleApp } from './sole-app';

const SHOWN_AT_ONCE = 24;
const FILTER_FROM = 9;

export function AppsPage() {
  const apps = useQuery(appsQuery);
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  const [text, setText] = useState('');
  const all = apps.data?.items ?? [];
  const sole = all.length === 1 ? all[0] : undefined;
  const needle = text.trim().toLowerCase();
  const found = all.filter((app) => `${app.name} ${app.id}`.toLowerCase().includes(needle));

  return (
    <div className="min-h-0 flex-1 overflow-y-auto p-4 md:p-6">
      <div className="mx-auto flex max-w-6xl flex-col gap-4">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h1 className="text-lg font-semibold">
            {sole === undefined ? (
              'Apps'
            ) : (
              <Link href={executionsHref(sole.id)} className="hover:underline">
                {sole.name}
              </Link>
            )}
          </h1>
          {all.length >= FILTER_FROM ? (
            <input
              type="search"
              aria-label="Find an app"
              placeholder="Find an app"
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="h-8 w-56 rounded-md border border-line-strong bg-panel px-2 text-sm placeholder:text-ink-faint"
            />
          ) : null}
        </div>
        {apps.isPending ? (
          <section
            className="grid gap-3 md:grid-cols-2 xl:grid-cols-3"
            aria-label="Loading the apps"
            aria-busy="true"
          >
            {[0, 1, 2].map((each) => (
              <Skeleton key={each} className="h-44 rounded-md" />
            ))}
          </section>
        ) : apps.isError ? (
          <ErrorState
            error={apps.error}
            title="The apps could not be loaded"
            onRetry={() => void apps.refetch()}
          />
        ) : all.length === 0 ? (
          <NoApps />
        ) : sole !== undefined ? (
          <SoleApp app={sole} />
        ) : (
          <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
            {found.slice(0, shown).map((app) => (
              <AppCard key={app.id} app={app} />
            ))}
          </ul>
        )}
        {all.length > 0 && found.length === 0 ? (
          <p className="text-ink-muted">No results.</p>
        ) : null}
        {found.length > shown ? (
          <Button className="self-center" onClick={() => setShown(shown + SHOWN_AT_ONCE)}>
            Show more of {found.length} apps
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function NoApps() {
  const me = useQuery(meQuery);
  return (
    <EmptyState title="No apps yet">
      <p className="mb-3">
        An app is one system whose decisions are recorded, with its own keys and members.
        {me.data?.isAdministrator === false
          ? "You are not a member of an app yet. Ask an app's owner for an invitation."
          : null}
      </p>
      {me.data?.isAdministrator === true ? (
        <Button asChild variant="primary">
          <Link href={settingsHref('apps')}>Create an app</Link>
        </Button>
      ) : null}
    </EmptyState>
  );
}
