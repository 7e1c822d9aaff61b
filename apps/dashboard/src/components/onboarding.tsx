'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { createKey } from '@/lib/access-api';
import { appsQuery, configQuery } from '@/lib/queries';
import { CopyButton } from './copy-button';
import { snippetsFor, type Snippet } from './onboarding-snippets';
import { ScrollText } from './scroll-text';
import { Button } from './ui/button';
import { Tabs, TabsContent, TabsList, TabsTrigger } from './ui/tabs';

/** How to send a first decision to this server, while the page waits for it to arrive. */
export function Onboarding({ app, waitingFor }: { app: string; waitingFor: string }) {
  const config = useQuery(configQuery);
  const client = useQueryClient();
  const creating = useMutation({
    mutationFn: () => createKey(app, { name: 'first key' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys', app] }),
  });
  const apiKey = creating.data?.key;
  const endpoint = config.data?.endpoint ?? 'http://localhost:4000';
  const version = config.data?.version ?? '…';
  const snippets = snippetsFor({ app, endpoint, version, apiKey });
  return (
    <section
      aria-label="Send a first execution"
      className="mx-auto flex w-full max-w-2xl flex-col gap-3 px-4 py-6"
    >
      <h2 className="text-lg font-semibold">Send your first decision</h2>
      <KeyStep
        app={app}
        apiKey={apiKey}
        isPending={creating.isPending}
        failed={creating.isError}
        onCreate={() => creating.mutate()}
      />
      <Tabs
        defaultValue={snippets[0]?.id}
        className="overflow-hidden rounded-md border border-line bg-panel"
      >
        <TabsList aria-label="Language">
          {snippets.map(({ id, title }) => (
            <TabsTrigger key={id} value={id}>
              {title}
            </TabsTrigger>
          ))}
        </TabsList>
        {snippets.map((snippet) => (
          <TabsContent key={snippet.id} value={snippet.id}>
            <SnippetSteps snippet={snippet} />
          </TabsContent>
        ))}
      </Tabs>
      <output className="flex items-center gap-2 text-sm text-ink-muted">
        <span aria-hidden className="pulse-mark size-2 rounded-full bg-running" />
        {waitingFor}
      </output>
    </section>
  );
}

interface KeyStepProps {
  app: string;
  apiKey: string | undefined;
  isPending: boolean;
  failed: boolean;
  onCreate: () => void;
}

/** Editors and owners create a key here. Its secret is shown once, in the commands below. */
function KeyStep({ app, apiKey, isPending, failed, onCreate }: KeyStepProps) {
  const apps = useQuery(appsQuery);
  const role = apps.data?.items.find(({ id }) => id === app)?.role;
  if (role === 'viewer') {
    return (
      <p className="text-ink-muted">
        Ask an editor or owner of this app for an API key. Then run the commands below.
      </p>
    );
  }
  if (apiKey !== undefined) {
    return (
      <p className="text-ink-muted">
        The commands below contain your new key. Copy it now: it is not shown again. You can manage
        keys in the settings.
      </p>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p className="min-w-0 flex-1 text-ink-muted">
        Create an API key or use an existing one. Then run the commands below.
      </p>
      <Button variant="primary" disabled={isPending} onClick={onCreate}>
        Create a key
      </Button>
      {failed ? (
        <p role="alert" className="w-full text-sm text-failed">
          The key could not be created. Try again.
        </p>
      ) : null}
    </div>
  );
}

function SnippetSteps({ snippet: { title, setup, file, text, run } }: { snippet: Snippet }) {
  return (
    <div className="flex flex-col divide-y divide-line">
      <Part label={`Commands for ${title}`} heading="In an empty folder" text={setup} />
      <Part
        label={`Snippet in ${title}`}
        heading={
          file === null ? (
            'Send it'
          ) : (
            <>
              Save as <code className="text-mono text-xs">{file}</code>
            </>
          )
        }
        text={text}
      />
      {run === null ? null : <Part label={`Run ${title}`} heading="Run it" text={run} />}
    </div>
  );
}

function Part({ label, heading, text }: { label: string; heading: ReactNode; text: string }) {
  return (
    <div>
      <div className="flex items-center justify-between gap-2 px-3 pt-2 text-xs text-ink-faint">
        <span>{heading}</span>
        <CopyButton text={text} label={`Copy: ${label}`} />
      </div>
      <ScrollText label={label} text={text} className="rounded-none bg-transparent pt-1" />
    </div>
  );
}
