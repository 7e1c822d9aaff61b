'use client';

import type { ExecutionDetail, Json } from '@xray/core';
import { isNumber } from '@xray/core/exact-json';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { MarkBadge } from '@/components/json/mark-badge';
import { ErrorState } from '@/components/states';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';
import { formatBytes, formatCount, formatNumber } from '@/lib/format';
import { AbsoluteTime } from '@/components/time';
import { wholeExecutionQuery } from '@/lib/queries';
import { ValuePanel } from './value-panel';

const TABS = ['details', 'input', 'output', 'raw'] as const;
const TITLES = { details: 'Details', input: 'Input', output: 'Output', raw: 'Raw' } as const;

/** Shows the execution's own record without its steps. */
export function ExecutionInspector({
  app,
  detail,
  tab: wanted,
  onTab,
}: {
  app: string;
  detail: ExecutionDetail;
  tab: string | null;
  onTab: (tab: string) => void;
}) {
  const { snapshot } = detail;
  const tab = TABS.find((each) => each === wanted) ?? 'details';
  const whole = useQuery({
    ...wholeExecutionQuery(app, snapshot.executionId, snapshot.revision ?? 1),
    enabled: tab !== 'details',
  });
  const marks = snapshot.marks ?? [];
  const panel = (
    name: string,
    basePointer: string,
    pick: (whole: ExecutionDetail) => Json | undefined,
  ) => {
    if (whole.data !== undefined) {
      return (
        <ValuePanel value={pick(whole.data)} name={name} basePointer={basePointer} marks={marks} />
      );
    }
    if (whole.isError) {
      return (
        <ErrorState
          error={whole.error}
          title="The whole execution could not be loaded"
          onRetry={() => void whole.refetch()}
        />
      );
    }
    return (
      <output className="block p-4 text-sm text-ink-muted">
        Loading {formatBytes(detail.server.bytes)}…
      </output>
    );
  };

  return (
    <section aria-label="Execution" className="flex h-full min-h-0 min-w-0 flex-col bg-panel">
      <h2 className="truncate px-4 pt-3 pb-2 font-semibold max-md:pr-12">Execution</h2>
      <Tabs value={tab} onValueChange={onTab} className="flex min-h-0 flex-1 flex-col">
        <TabsList aria-label="What the execution recorded">
          {TABS.map((each) => (
            <TabsTrigger key={each} value={each}>
              {TITLES[each]}
            </TabsTrigger>
          ))}
        </TabsList>
        <TabsContent value="details" className="overflow-y-auto">
          <Details detail={detail} />
        </TabsContent>
        <TabsContent value="input">
          {panel('input', '/input', ({ snapshot }) => snapshot.input)}
        </TabsContent>
        <TabsContent value="output">
          {panel('output', '/output', ({ snapshot }) => snapshot.output)}
        </TabsContent>
        <TabsContent value="raw">{panel('execution', '', asJson)}</TabsContent>
      </Tabs>
    </section>
  );
}

/** A snapshot is parsed JSON. Its type names only the fields known here. */
function asJson({ snapshot }: ExecutionDetail): Json {
  return snapshot as unknown as Json;
}

function Details({ detail: { snapshot, server } }: { detail: ExecutionDetail }) {
  const { decision, dropped } = snapshot;
  const marks = snapshot.marks ?? [];
  return (
    <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-6 gap-y-1.5 p-4 text-sm">
      <Fact name="Started">
        {snapshot.startedAt ? <AbsoluteTime iso={snapshot.startedAt} /> : null}
      </Fact>
      <Fact name="Ended">{snapshot.endedAt ? <AbsoluteTime iso={snapshot.endedAt} /> : null}</Fact>
      <Fact name="Received">
        <AbsoluteTime iso={server.receivedAt} />
      </Fact>
      <Fact name="Size">{formatBytes(server.bytes)}</Fact>
      <Fact name="Revision">{snapshot.revision ?? 1}</Fact>
      <Fact name="Score">{isNumber(decision?.score) ? formatNumber(decision.score) : null}</Fact>
      <Fact name="Confidence">
        {isNumber(decision?.confidence) ? formatNumber(decision.confidence) : null}
      </Fact>
      <Fact name="Decided by">
        {decision?.decidedBy
          ? [decision.decidedBy.type, decision.decidedBy.id, decision.decidedBy.version]
              .filter(Boolean)
              .join(' ')
          : null}
      </Fact>
      <Fact name="Human involvement">{decision?.humanInvolvement}</Fact>
      <Fact name="Tags">{(snapshot.tags ?? []).join(', ')}</Fact>
      <Fact name="Trace">
        {snapshot.trace ? <code className="text-mono">{snapshot.trace.traceId}</code> : null}
      </Fact>
      <Fact name="SDK">{snapshot.sdk ? `${snapshot.sdk.name} ${snapshot.sdk.version}` : null}</Fact>
      <Fact name="Not recorded">
        {dropped
          ? Object.entries(dropped)
              .filter(([, count]) => typeof count === 'number')
              .map(([what, count]) => `${what} ${formatCount(Number(count))}`)
              .join(', ')
          : null}
      </Fact>
      {Object.entries(snapshot.metadata ?? {}).map(([name, value]) => (
        <Fact key={name} name={name}>
          {String(value)}
        </Fact>
      ))}
      {marks.length > 0 ? (
        <Fact name="Marks">
          <ul className="flex flex-col gap-1">
            {marks.map((mark, index) => (
              // Marks may repeat, and the snapshot's order never changes.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={index} className="flex flex-wrap items-center gap-2">
                <MarkBadge mark={mark} />
                <code className="text-mono min-w-0 wrap-anywhere text-ink-muted">{mark.path}</code>
              </li>
            ))}
          </ul>
        </Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === '') return null;
  return (
    <>
      <dt className="max-w-48 wrap-anywhere text-ink-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
