'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { settingsHref } from '@/lib/links';
import { configQuery } from '@/lib/queries';
import { CopyButton } from './copy-button';
import { snippetsFor } from './onboarding-snippets';
import { ScrollText } from './scroll-text';
import { Tabs, TabsContent, TabsList, TabsTrigger } from './ui/tabs';

/** How to send a first execution to this very server, while the page waits for it to arrive. */
export function Onboarding({ app, waitingFor }: { app: string; waitingFor: string }) {
  const config = useQuery(configQuery);
  const snippets = snippetsFor(app, config.data?.endpoint ?? 'http://localhost:4000');
  const [shown, setShown] = useState(snippets[0]?.id ?? '');
  const current = snippets.find(({ id }) => id === shown);
  return (
    <section
      aria-label="Send a first execution"
      className="mx-auto flex w-full max-w-2xl flex-col gap-3 px-4 py-10"
    >
      <h2 className="text-lg font-semibold">No executions yet</h2>
      <p className="text-ink-muted">
        Here is all that it takes to send one. Put it into your program, or into a file, with an API
        key of this app in <code className="text-mono">XRAY_API_KEY</code>.
      </p>
      <Tabs
        value={shown}
        onValueChange={setShown}
        className="overflow-hidden rounded-md border border-line bg-panel"
      >
        <div className="flex items-center border-b border-line pr-1">
          <TabsList aria-label="Language" className="min-w-0 flex-1 border-b-0">
            {snippets.map(({ id, title }) => (
              <TabsTrigger key={id} value={id}>
                {title}
              </TabsTrigger>
            ))}
          </TabsList>
          <CopyButton text={current?.text ?? ''} label="Copy snippet" withLabel />
        </div>
        {snippets.map(({ id, title, needs, text }) => (
          <TabsContent key={id} value={id}>
            <p className="px-3 pt-2 text-xs text-ink-faint">
              Needs: <code className="text-mono text-xs">{needs}</code>
            </p>
            <ScrollText
              label={`Snippet in ${title}`}
              text={text}
              className="rounded-none bg-transparent"
            />
          </TabsContent>
        ))}
      </Tabs>
      <p className="text-sm text-ink-muted">
        No key? Editors and owners make one in the{' '}
        <Link href={settingsHref('keys', app)} className="text-accent underline">
          settings
        </Link>
        .
      </p>
      <output className="flex items-center gap-2 text-sm text-ink-muted">
        <span aria-hidden className="pulse-mark size-2 rounded-full bg-running" />
        {waitingFor}
      </output>
    </section>
  );
}
