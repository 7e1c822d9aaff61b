'use client';

import type { ExecutionDetail, Step, Tombstone } from '@xray/core';
import { failingStepIndex } from '@xray/core/failing-step';
import { useQuery } from '@tanstack/react-query';
import { FileCheckIcon, LayersIcon, MailIcon, MessageCircleQuestionMarkIcon } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { useMemo, useRef } from 'react';
import { Boundary } from '@/components/boundary';
import { spanRows, spansOfSteps } from '@/components/spans/spans';
import { EmptyState, ErrorState } from '@/components/states';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Splitter } from '@/components/ui/splitter';
import { CompareMenu } from '@/features/compare/compare-menu';
import { ExecutionHeader } from '@/features/execution/execution-header';
import { ExecutionSkeleton } from '@/features/execution/execution-skeleton';
import { PrintedSteps } from '@/features/execution/printed-steps';
import { executionParams, type Inspected } from '@/features/execution/search-params';
import { Neighbours } from '@/features/explorer/neighbours';
import { ExplainSkeleton } from '@/features/explain/explain-skeleton';
import { InspectorSkeleton } from '@/features/inspector/inspector-skeleton';
import { Timeline } from '@/features/timeline/timeline';
import { ApiError } from '@/lib/api-client';
import { evidenceUrl } from '@/lib/case-api';
import { useWide } from '@/lib/browser-state';
import { cn } from '@/lib/cn';
import { plural } from '@/lib/format';
import { letterHref, executionsHref } from '@/lib/links';
import { executionQuery } from '@/lib/queries';
import { findStep, stepAddress, type StepAddress } from '@/lib/step-address';

// The panels beside the steps load later, after the page's first load.
const StepInspector = dynamic(
  async () => (await import('@/features/inspector/step-inspector')).StepInspector,
  { loading: InspectorSkeleton },
);
const ExecutionInspector = dynamic(
  async () => (await import('@/features/inspector/execution-inspector')).ExecutionInspector,
  { loading: InspectorSkeleton },
);
const ExplainPanel = dynamic(
  async () => (await import('@/features/explain/explain-panel')).ExplainPanel,
  { loading: ExplainSkeleton },
);
const ExplanationReport = dynamic(
  async () => (await import('@/features/explain/report')).ExplanationReport,
);
const Sheet = dynamic(async () => (await import('@/components/ui/sheet')).Sheet);

export function ExecutionView() {
  const [{ app, id }] = useQueryStates(executionParams);
  if (app === null || id === null) {
    return (
      <EmptyState heading="h1" title="No execution selected">
        <p className="mb-3">The address does not name the app or the execution.</p>
        <Button asChild>
          <Link href={app === null ? '/' : executionsHref(app)}>Go to the executions</Link>
        </Button>
      </EmptyState>
    );
  }
  return <LoadedExecution key={`${app} ${id}`} app={app} id={id} />;
}

function LoadedExecution({ app, id }: { app: string; id: string }) {
  const execution = useQuery(executionQuery(app, id));
  if (execution.data !== undefined) {
    return <Panels app={app} detail={execution.data} onReadAnew={() => execution.refetch()} />;
  }
  if (execution.isPending) return <ExecutionSkeleton />;
  const tombstone = execution.error instanceof ApiError ? execution.error.tombstone : null;
  if (tombstone !== null) return <Erased app={app} tombstone={tombstone} />;
  const isMissing = execution.error instanceof ApiError && execution.error.status === 404;
  return (
    <ErrorState
      heading="h1"
      error={execution.error}
      title={isMissing ? 'Execution not found' : 'The execution could not be loaded'}
      onRetry={() => void execution.refetch()}
    >
      <Link href={executionsHref(app)} className="touch-link text-sm text-accent underline">
        Go to the executions of {app}
      </Link>
    </ErrorState>
  );
}

/** The facts that are kept about an execution that was erased on request. */
function Erased({
  app,
  tombstone: { at, reason, receipt },
}: {
  app: string;
  tombstone: Tombstone;
}) {
  return (
    <EmptyState heading="h1" title="This execution was erased">
      <dl className="mb-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt>When</dt>
        <dd className="text-ink">
          <AbsoluteTime iso={at} />
        </dd>
        <dt>Why</dt>
        <dd className="wrap-anywhere text-ink">{reason}</dd>
        <dt>Receipt</dt>
        <dd>
          <code className="text-mono break-all text-ink">{receipt}</code>
        </dd>
      </dl>
      <Link href={executionsHref(app)} className="touch-link text-sm text-accent underline">
        Go to the executions of {app}
      </Link>
    </EmptyState>
  );
}

function Panels({
  app,
  detail,
  onReadAnew,
}: {
  app: string;
  detail: ExecutionDetail;
  onReadAnew: () => Promise<unknown>;
}) {
  const wide = useWide();
  const panelsRef = useRef<HTMLDivElement>(null);
  const [{ step: wanted, tab, candidate }, setParams] = useQueryStates(executionParams);
  const { snapshot } = detail;
  // A wide screen always shows an inspector. A sheet opens only on demand.
  const inspected = wanted ?? (wide ? firstInspected(detail) : null);
  const inspect = (step: Inspected | null, history: 'push' | 'replace') =>
    void setParams({ step, candidate: null }, { history });
  const inspector =
    inspected === null ? null : (
      <Boundary title="This cannot be shown" of={inspected} onRetry={onReadAnew}>
        <Inspector
          app={app}
          detail={detail}
          inspected={inspected}
          tab={tab}
          candidate={candidate}
          onTab={(next) => void setParams({ tab: next })}
        />
      </Boundary>
    );

  return (
    <div className="flex min-h-0 flex-1 flex-col print:block">
      {inspected === 'explain' ? (
        <Boundary title="The report cannot be shown" className="hidden print:flex">
          <ExplanationReport
            app={app}
            executionId={snapshot.executionId}
            revision={snapshot.revision ?? 1}
            at={snapshot.startedAt ?? detail.server.receivedAt}
          />
        </Boundary>
      ) : null}
      <div className={cn('contents', inspected === 'explain' && 'print:hidden')}>
        <ExecutionHeader
          app={app}
          detail={detail}
          actions={
            <>
              <Neighbours app={app} executionId={snapshot.executionId} />
              <Button
                aria-pressed={inspected === 'explain'}
                className={cn(inspected === 'explain' && 'border-accent bg-accent-soft')}
                onClick={() =>
                  inspect(inspected === 'explain' ? mainStep(detail) : 'explain', 'push')
                }
              >
                <MessageCircleQuestionMarkIcon aria-hidden />
                Explain
              </Button>
              {snapshot.decision?.adverse === true ? (
                <Button asChild>
                  <Link href={letterHref(app, snapshot.executionId)} prefetch={false}>
                    <MailIcon aria-hidden />
                    Letter
                  </Link>
                </Button>
              ) : null}
              <Button asChild title="One file for an auditor, without scripts">
                <a
                  href={evidenceUrl(app, snapshot.executionId, 'html')}
                  target="_blank"
                  rel="noreferrer"
                >
                  <FileCheckIcon aria-hidden />
                  Evidence
                </a>
              </Button>
              <CompareMenu app={app} detail={detail} />
            </>
          }
        />
        <PrintedSteps steps={snapshot.steps} />
      </div>
      <div ref={panelsRef} className="flex min-h-0 flex-1 print:hidden">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <button
            type="button"
            aria-pressed={inspected === 'execution'}
            onClick={() => inspect('execution', 'push')}
            className={cn(
              'flex h-8 shrink-0 items-center gap-2 border-b border-line px-4 text-left text-sm text-ink-muted hover:bg-hover print:hidden',
              inspected === 'execution' && 'bg-accent-soft text-ink hover:bg-accent-soft',
            )}
          >
            <LayersIcon aria-hidden className="size-3.5" />
            Execution: details, input, output
          </button>
          {snapshot.steps.length === 0 ? (
            <EmptyState title="No steps">
              {snapshot.status === 'running'
                ? 'No steps yet. They appear here as they are recorded.'
                : 'This execution recorded no steps.'}
            </EmptyState>
          ) : (
            <Boundary title="The timeline cannot be shown" onRetry={onReadAnew}>
              <Timeline
                snapshot={snapshot}
                steps={snapshot.steps}
                selected={isStep(inspected) ? findStep(snapshot.steps, inspected) : null}
                onSelect={(index, how) => {
                  const address = addressOf(snapshot.steps, index);
                  inspect(address, how === 'chosen' && address !== inspected ? 'push' : 'replace');
                }}
              />
            </Boundary>
          )}
        </div>
        {wide ? (
          <>
            <Splitter of={panelsRef} name="Width of the inspector" storedAs="inspector-share" />
            <div className="flex min-h-0 w-(--split) min-w-80 flex-col">{inspector}</div>
          </>
        ) : inspected === null ? null : (
          <Sheet title="Inspector" onClose={() => inspect(null, 'push')}>
            {inspector}
          </Sheet>
        )}
      </div>
    </div>
  );
}

function Inspector({
  app,
  detail,
  inspected,
  tab,
  candidate,
  onTab,
}: {
  app: string;
  detail: ExecutionDetail;
  inspected: Inspected;
  tab: string | null;
  candidate: string | null;
  onTab: (tab: string) => void;
}) {
  const { snapshot, spans } = detail;
  const placed = useMemo(
    () => spansOfSteps(snapshot.steps, spanRows(spans ?? [])),
    [snapshot.steps, spans],
  );
  if (inspected === 'explain') {
    const { executionId, revision } = snapshot;
    return <ExplainPanel app={app} executionId={executionId} revision={revision ?? 1} />;
  }
  if (inspected === 'execution') {
    return <ExecutionInspector app={app} detail={detail} tab={tab} onTab={onTab} />;
  }
  const index = findStep(snapshot.steps, inspected);
  const step = snapshot.steps[index];
  if (step === undefined) {
    return (
      <EmptyState title={`Step ${inspected} not found`}>
        This execution has {plural(snapshot.steps.length, 'step')}.
      </EmptyState>
    );
  }
  return (
    <StepInspector
      key={index}
      app={app}
      executionId={snapshot.executionId}
      revision={snapshot.revision ?? 1}
      step={step}
      index={index}
      sequence={step.sequence ?? index}
      marks={snapshot.marks ?? []}
      spans={placed.get(index) ?? []}
      verdict={snapshot.decision}
      tab={tab}
      candidate={candidate}
      onTab={onTab}
    />
  );
}

/** The explanation of a decision. Without a decision, the step that matters most. */
function firstInspected(detail: ExecutionDetail): Inspected {
  return detail.snapshot.decision ? 'explain' : mainStep(detail);
}

/** The step that failed, else the step that decided, else the first step. */
function mainStep({ snapshot: { steps } }: ExecutionDetail): Inspected {
  const failed = failingStepIndex(steps);
  const decided = steps.findIndex((step) => step.kind === 'decide');
  const index = failed >= 0 ? failed : decided >= 0 ? decided : 0;
  return steps.length === 0 ? 'execution' : addressOf(steps, index);
}

function isStep(inspected: Inspected | null): inspected is StepAddress {
  return inspected !== null && inspected !== 'execution' && inspected !== 'explain';
}

function addressOf(steps: readonly Step[], index: number): StepAddress {
  return stepAddress({ index, sequence: steps[index]?.sequence ?? index });
}
