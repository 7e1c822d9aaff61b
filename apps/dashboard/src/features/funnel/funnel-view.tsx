'use client';

import type { Funnel, PipelineOverview } from '@xray/core';
import { useState, type ReactNode } from 'react';
import { formatCount } from '@/lib/format';
import { Courses } from './courses';
import { FunnelGraph } from './funnel-graph';
import { StepDetails } from './step-details';
import { orderSteps } from './step-order';
import { StepsTable } from './steps-table';

/** Shows the steps as a graph with details, as a table, and the paths of executions. */
export function FunnelView({
  app,
  funnel,
  reasons,
  step,
  onStep,
}: {
  app: string;
  funnel: Funnel;
  reasons: PipelineOverview['reasons'];
  step: string | null;
  onStep: (step: string) => void;
}) {
  const [pointed, setPointed] = useState<string | null>(null);
  const detailed =
    funnel.steps.find(({ name }) => name === (pointed ?? step)) ??
    orderSteps(funnel.steps, 'dropping')[0];
  return (
    <>
      <Part
        title="Steps as they ran"
        note={[
          'Bars: candidates in and out, or executions (grey), on a shared logarithmic scale. Lines: executions that went from step to step.',
          funnel.sampled < funnel.executions
            ? `Candidates, failures and durations are estimated from a random sample of ${formatCount(funnel.sampled)} of ${formatCount(funnel.executions)} executions.`
            : '',
        ].join(' ')}
      >
        <FunnelGraph
          funnel={funnel}
          current={detailed?.name ?? null}
          onPoint={setPointed}
          onChoose={onStep}
        />
        {detailed === undefined ? null : (
          <StepDetails app={app} funnel={funnel} step={detailed} reasons={reasons} />
        )}
      </Part>
      <Part title="Slowest steps and most failures">
        <StepsTable funnel={funnel} onCurrent={onStep} />
      </Part>
      {funnel.variants.length === 0 ? null : (
        <Part title="Paths of the executions">
          <Courses funnel={funnel} />
        </Part>
      )}
    </>
  );
}

function Part({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-3">
      <div>
        <h2 className="font-semibold">{title}</h2>
        {note === undefined ? null : <p className="text-xs text-ink-muted">{note}</p>}
      </div>
      {children}
    </section>
  );
}
