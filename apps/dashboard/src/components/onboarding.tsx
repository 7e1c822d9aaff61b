'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { settingsHref } from '@/lib/links';
import { configQuery } from '@/lib/queries';
import { CopyButton } from './copy-button';
import { ScrollText } from './scroll-text';

/** How to send a first execution to this very server, while the page waits for it to arrive. */
export function Onboarding({ app, waitingFor }: { app: string; waitingFor: string }) {
  const config = useQuery(configQuery);
  const endpoint = config.data?.endpoint ?? 'http://localhost:4000';
  const snippet = snippetFor(app, endpoint);
  return (
    <section
      aria-label="Send a first execution"
      className="mx-auto flex w-full max-w-2xl flex-col gap-3 px-4 py-10"
    >
      <h2 className="text-lg font-semibold">No executions yet</h2>
      <p className="text-ink-muted">
        Here are the three lines that send one. Put them into your program, or into a file, with an
        API key of this app.
      </p>
      <div className="overflow-hidden rounded-md border border-line bg-panel">
        <div className="flex h-9 items-center justify-between border-b border-line pr-1 pl-3 text-xs text-ink-muted">
          TypeScript
          <CopyButton text={snippet} label="Copy snippet" withLabel />
        </div>
        <ScrollText label="Snippet" text={snippet} className="rounded-none bg-transparent" />
      </div>
      <p className="text-sm text-ink-muted">
        No key at hand? Editors and owners make one in the{' '}
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

function snippetFor(app: string, endpoint: string): string {
  return `import XRaySDK from '@xray/sdk';

const xray = new XRaySDK({
  apiKey: process.env.XRAY_API_KEY,
  endpoint: '${endpoint}',
  appId: '${app}',
  pipeline: 'loan-approval',
});

const execution = xray.startExecution();
execution.recordStep({
  name: 'check_score',
  input: { score: 750 },
  output: { approved: true },
  reasoning: 'Score >= 700',
  status: 'completed',
});
execution.completeExecution();
`;
}
