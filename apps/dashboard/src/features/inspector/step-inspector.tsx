'use client';

import type { Json, Mark, Step } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { Boundary } from '@/components/boundary';
import { MarkBadge } from '@/components/json/mark-badge';
import { ErrorState } from '@/components/states';
import type { SpanRow } from '@/components/spans/spans';
import { Skeleton } from '@/components/ui/skeleton';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';
import { VerdictLabel } from '@/components/verdict-mark';
import type { Verdict } from '@/components/rules/rule-reading';
import { useNames } from '@/lib/dictionary';
import { stepQuery } from '@/lib/queries';
import { statusVerdict } from '@/lib/verdict';
import { ArtifactsPanel } from './artifacts-panel';
import { CandidatesPanel } from './candidates-panel';
import { conversationOf } from './conversation';
import { ConversationPanel } from './conversation-panel';
import { ErrorPanel, ReasoningPanel } from './text-panels';
import { ModelPanel } from './model-panel';
import { RulesPanel } from './rules-panel';
import { OutputPanel } from './output-panel';
import { SpansPanel } from './spans-panel';
import { StepFacts } from './step-facts';
import { ValuePanel } from './value-panel';

const TABS = [
  'conversation',
  'input',
  'output',
  'reasoning',
  'error',
  'rules',
  'candidates',
  'model',
  'artifacts',
  'spans',
  'raw',
] as const;
export type InspectorTab = (typeof TABS)[number];

const TITLES: Record<InspectorTab, string> = {
  conversation: 'Conversation',
  input: 'Input',
  output: 'Output',
  reasoning: 'Reasoning',
  error: 'Error',
  rules: 'Rules',
  candidates: 'Candidates',
  model: 'Model',
  artifacts: 'Artifacts',
  spans: 'Spans',
  raw: 'Raw',
};

interface StepInspectorProps {
  app: string;
  executionId: string;
  revision: number;
  /** The step without payloads, from the execution's detail. */
  step: Step;
  /** The index in the snapshot's `steps`. Marks use it too. */
  index: number;
  sequence: number;
  marks: readonly Mark[];
  /** Whether the decision went against its subject. */
  verdict: Verdict | null | undefined;
  /** The spans of OpenTelemetry that ran within the step. */
  spans: readonly SpanRow[];
  tab: string | null;
  /** The id of the candidate to find. Null lists all. */
  candidate: string | null;
  onTab: (tab: string) => void;
}

/** Shows everything recorded about a step. Large values load when the step is selected. */
export function StepInspector(props: StepInspectorProps) {
  const { step, sequence, index } = props;
  const names = useNames();
  const detail = useQuery(stepQuery(props.app, props.executionId, index, props.revision));
  const whole = detail.data?.step;
  const pointer = `/steps/${index}`;
  const messages = useMemo(() => (whole === undefined ? [] : conversationOf(whole)), [whole]);
  const tabs = TABS.filter((tab) =>
    tab === 'conversation'
      ? messages.length > 0
      : tab === 'spans'
        ? props.spans.length > 0
        : hasTab(tab, step),
  );
  const tab = tabs.find((each) => each === props.tab) ?? firstTab(tabs);
  const ownMarks = props.marks.filter((mark) => mark.path === pointer);

  const panel = (render: (whole: Step) => ReactNode) => {
    if (whole !== undefined) {
      return (
        <Boundary title="This cannot be shown" onRetry={() => detail.refetch()}>
          <Rendered of={whole} render={render} />
        </Boundary>
      );
    }
    if (detail.isError) {
      return (
        <ErrorState
          error={detail.error}
          title="This step could not be loaded"
          onRetry={() => void detail.refetch()}
        />
      );
    }
    return <PanelSkeleton />;
  };

  return (
    <section
      aria-label={`Step ${sequence}: ${names('steps', step.name)}`}
      className="flex h-full min-h-0 min-w-0 flex-col bg-panel"
    >
      <div className="flex flex-col gap-1.5 px-4 pt-3 pb-2 max-md:pr-12">
        <div className="flex min-w-0 items-center gap-2">
          <span className="shrink-0 text-xs text-ink-faint">step {sequence}</span>
          <h2 className="min-w-0 truncate font-semibold" title={step.name}>
            {names('steps', step.name)}
          </h2>
          <VerdictLabel
            verdict={statusVerdict(step.status ?? 'completed')}
            className="ml-auto shrink-0 text-sm text-ink-muted"
          />
        </div>
        <StepFacts step={step} />
        {ownMarks.length > 0 ? (
          <div className="flex flex-wrap gap-1.5">
            {ownMarks.map((mark) => (
              <MarkBadge key={`${mark.kind} ${mark.rule ?? ''}`} mark={mark} />
            ))}
          </div>
        ) : null}
      </div>
      <Tabs value={tab} onValueChange={props.onTab} className="flex min-h-0 flex-1 flex-col">
        <TabsList aria-label={`What step ${names('steps', step.name)} recorded`}>
          {tabs.map((each) => (
            <TabsTrigger key={each} value={each}>
              {TITLES[each]}
            </TabsTrigger>
          ))}
        </TabsList>
        <TabsContent value="conversation" className="overflow-y-auto">
          {panel(() => (
            <ConversationPanel messages={messages} />
          ))}
        </TabsContent>
        <TabsContent value="input">
          {panel((step) => (
            <ValuePanel
              key={index}
              value={step.input}
              name="input"
              basePointer={`${pointer}/input`}
              marks={props.marks}
            />
          ))}
        </TabsContent>
        <TabsContent value="output">
          {panel((step) => (
            <OutputPanel key={index} step={step} pointer={pointer} marks={props.marks} />
          ))}
        </TabsContent>
        <TabsContent value="reasoning" className="overflow-y-auto">
          {panel((step) => (
            <ReasoningPanel
              text={step.reasoning}
              pointer={`${pointer}/reasoning`}
              marks={props.marks}
            />
          ))}
        </TabsContent>
        <TabsContent value="error" className="overflow-y-auto">
          {step.error ? <ErrorPanel error={whole?.error ?? step.error} /> : null}
        </TabsContent>
        <TabsContent value="rules" className="overflow-auto">
          {panel((step) => (
            <RulesPanel rules={step.rules ?? []} verdict={props.verdict} />
          ))}
        </TabsContent>
        <TabsContent value="candidates">
          {panel((step) =>
            step.candidates ? (
              <CandidatesPanel
                key={`${index} ${props.candidate}`}
                set={step.candidates}
                find={props.candidate ?? ''}
              />
            ) : null,
          )}
        </TabsContent>
        <TabsContent value="model" className="overflow-y-auto">
          {panel((step) => (step.model ? <ModelPanel model={step.model} /> : null))}
        </TabsContent>
        <TabsContent value="artifacts" className="overflow-y-auto">
          {panel((step) => (
            <ArtifactsPanel artifacts={step.artifacts ?? []} />
          ))}
        </TabsContent>
        <TabsContent value="spans" className="overflow-y-auto p-4">
          <SpansPanel spans={props.spans} />
        </TabsContent>
        <TabsContent value="raw">
          {panel((step) => (
            <ValuePanel
              key={index}
              value={asJson(step)}
              name="step"
              basePointer={pointer}
              marks={props.marks}
            />
          ))}
        </TabsContent>
      </Tabs>
    </section>
  );
}

/** A step is parsed JSON. Its type names only the fields known here. */
function asJson(step: Step): Json {
  return step as unknown as Json;
}

/** Input, output and reasoning load later, so their tabs always exist. */
function hasTab(tab: InspectorTab, step: Step): boolean {
  switch (tab) {
    case 'error':
      return Boolean(step.error);
    case 'rules':
      return (step.rules ?? []).length > 0;
    case 'candidates':
      return Boolean(step.candidates);
    case 'model':
      return Boolean(step.model);
    case 'artifacts':
      return (step.artifacts ?? []).length > 0;
    default:
      return true;
  }
}

/** The tab that explains most comes first. */
function firstTab(tabs: readonly InspectorTab[]): InspectorTab {
  return (
    (['error', 'rules', 'candidates', 'conversation'] as const).find((tab) => tabs.includes(tab)) ??
    'output'
  );
}

/** Calls `render` as a component, so a boundary around it catches its errors. */
function Rendered({ of, render }: { of: Step; render: (whole: Step) => ReactNode }) {
  return render(of);
}

function PanelSkeleton() {
  return (
    <section aria-busy="true" aria-label="Loading the step" className="flex flex-col gap-2 p-4">
      <Skeleton className="h-4 w-2/3" />
      <Skeleton className="h-4 w-1/2" />
      <Skeleton className="h-4 w-3/5" />
    </section>
  );
}
