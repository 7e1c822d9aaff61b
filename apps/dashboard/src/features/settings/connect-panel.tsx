'use client';

import type { App, OtlpState } from '@xray/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { CopyButton } from '@/components/copy-button';
import { ScrollText } from '@/components/scroll-text';
import { ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { createKey } from '@/lib/access-api';
import { plural } from '@/lib/format';
import { executionsHref } from '@/lib/links';
import { configQuery } from '@/lib/queries';
import { SOURCES } from './connect-sources';
import { OtlpForm } from './otlp-form';
import { OtlpPanel } from './otlp-panel';
import { Note, Panel, RowsSkeleton } from './panel';
import { Select } from './select';
import { otlpQuery } from './settings-queries';

/** Often enough to see a trace arrive. */
const WATCH_MS = 2_000;

export function ConnectPanel({ app }: { app: App }) {
  const state = useQuery({ ...otlpQuery(app.id), refetchInterval: WATCH_MS });
  return (
    <div className="flex flex-col gap-8">
      <Lines app={app} state={state.data} />
      {state.isPending ? (
        <RowsSkeleton label="Loading the traces" />
      ) : state.isError ? (
        <ErrorState
          error={state.error}
          title="The traces could not be loaded"
          onRetry={() => void state.refetch()}
        />
      ) : (
        <>
          <OtlpPanel state={state.data} />
          <OtlpForm key={app.id} app={app} settings={state.data.settings} />
        </>
      )}
    </div>
  );
}

function Lines({ app, state }: { app: App; state: OtlpState | undefined }) {
  const config = useQuery(configQuery);
  const client = useQueryClient();
  const [sourceId, setSourceId] = useState(SOURCES[0]?.id);
  const creating = useMutation({
    mutationFn: () => createKey(app.id, { name: 'OpenTelemetry' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys', app.id] }),
  });
  const source = SOURCES.find(({ id }) => id === sourceId);
  const mayEdit = (app.role === 'editor' || app.role === 'owner') && app.archivedAt === null;
  const apiKey = creating.data?.key;
  const text = source?.lines({
    endpoint: config.data?.endpoint ?? 'http://localhost:4000',
    apiKey: apiKey ?? 'xr_YOUR_KEY',
  });
  return (
    <Panel
      title="Connect"
      about="Programs that send OpenTelemetry traces need these lines and no other change."
    >
      {app.archivedAt === null ? null : <Note>This app is archived. Its keys do not work.</Note>}
      <Select
        label="Framework"
        className="max-w-md"
        value={sourceId}
        onChange={(event) => setSourceId(event.target.value)}
        options={SOURCES.map(({ id, name }) => ({ value: id, label: name }))}
      />
      {apiKey === undefined ? (
        mayEdit ? (
          <div className="flex flex-wrap items-center gap-3">
            <p className="min-w-0 flex-1 text-sm text-ink-muted">
              Create an API key for the lines below, or put an existing one there.
            </p>
            <Button
              variant="primary"
              disabled={creating.isPending}
              onClick={() => creating.mutate()}
            >
              Create a key
            </Button>
          </div>
        ) : (
          <p className="text-sm text-ink-muted">Ask an editor of this app for an API key.</p>
        )
      ) : (
        <p className="text-sm text-ink-muted">
          The lines contain your new key. Copy it now: it is not shown again.
        </p>
      )}
      {creating.isError ? (
        <p role="alert" className="text-sm text-failed">
          The key could not be created. Try again.
        </p>
      ) : null}
      {text === undefined ? null : (
        <div className="overflow-hidden rounded-md border border-line bg-panel">
          <div className="flex items-center justify-between gap-2 px-3 pt-2 text-xs text-ink-faint">
            <span>Copy these lines</span>
            <CopyButton text={text} label="Copy the lines" />
          </div>
          <ScrollText label="Lines" text={text} className="rounded-none bg-transparent pt-1" />
        </div>
      )}
      {source?.note === undefined ? null : <p className="text-sm text-ink-muted">{source.note}</p>}
      <Arrival app={app.id} state={state} />
    </Panel>
  );
}

/** Says what has arrived, from the first span to the stored execution. */
function Arrival({ app, state }: { app: string; state: OtlpState | undefined }) {
  const countOf = (name: string): number =>
    state?.counts.find(({ result }) => result === name)?.count ?? 0;
  const traces = countOf('stored') + countOf('joined');
  const decisions = countOf('opa_stored');
  if (traces + decisions > 0) {
    return (
      <output className="text-sm">
        {arrivedText(traces, decisions)}{' '}
        <Link href={executionsHref(app)} className="touch-link underline">
          Show the executions
        </Link>
      </output>
    );
  }
  const waiting = state?.waiting.traces ?? 0;
  return (
    <output className="flex items-center gap-2 text-sm text-ink-muted">
      <span aria-hidden className="pulse-mark size-2 rounded-full bg-running" />
      {waiting > 0
        ? 'The first spans have arrived. Their trace shows when it is complete.'
        : 'Waiting for the first trace.'}
    </output>
  );
}

function arrivedText(traces: number, decisions: number): string {
  const parts = [
    ...(traces > 0 ? [plural(traces, 'trace')] : []),
    ...(decisions > 0 ? [`${plural(decisions, 'decision')} of OPA`] : []),
  ];
  return `${parts.join(' and ')} ${traces + decisions === 1 ? 'has' : 'have'} arrived.`;
}
