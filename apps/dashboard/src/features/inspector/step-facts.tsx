import type { Step } from '@xray/core';
import type { ReactNode } from 'react';
import { KindMark } from '@/components/kind-mark';
import { AbsoluteTime } from '@/components/time';
import { formatDuration, formatNumber } from '@/lib/format';

const METRICS_SHOWN = 8;

/** The short facts of a step in a line that wraps. */
export function StepFacts({ step }: { step: Step }) {
  const metrics = Object.entries(step.metrics ?? {});
  return (
    <dl className="flex min-w-0 flex-wrap gap-x-4 gap-y-0.5 text-xs text-ink-muted">
      {step.kind ? (
        <Fact name="kind">
          <KindMark kind={step.kind} /> {step.kind}
        </Fact>
      ) : null}
      {typeof step.durationMs === 'number' ? (
        <Fact name="took">
          {formatDuration(step.durationMs)}
          {step.timing === 'inferred' ? ' (inferred)' : ''}
        </Fact>
      ) : null}
      {step.startedAt ? (
        <Fact name="at">
          <AbsoluteTime iso={step.startedAt} />
        </Fact>
      ) : null}
      {typeof step.attempt === 'number' ? <Fact name="attempt">{step.attempt}</Fact> : null}
      {step.actor ? (
        <Fact name={step.actor.type}>
          {step.actor.id}
          {step.actor.version ? ` ${step.actor.version}` : ''}
        </Fact>
      ) : null}
      {metrics.slice(0, METRICS_SHOWN).map(([name, value]) => (
        <Fact key={name} name={name}>
          {formatNumber(value)}
        </Fact>
      ))}
      {metrics.length > METRICS_SHOWN ? (
        <Fact name="metrics">{metrics.length - METRICS_SHOWN} more in Raw</Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex max-w-full min-w-0 gap-1">
      <dt className="max-w-40 shrink-0 truncate text-ink-faint">{name}</dt>
      <dd className="min-w-0 truncate text-ink">{children}</dd>
    </div>
  );
}
