import type { Funnel, FunnelStep, PipelineOverview } from '@xray/core';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { layoutStack } from '@/components/charts/stack';
import { KindMark } from '@/components/kind-mark';
import { Term } from '@/components/term';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatDuration } from '@/lib/format';
import { executionsHref } from '@/lib/links';

const REASONS_SHOWN = 8;
const FLOWS_SHOWN = 5;
const SPARK = { widthPx: 96, heightPx: 18 };

interface StepDetailsProps {
  app: string;
  funnel: Funnel;
  step: FunnelStep;
  /** The reasons over time in the whole pipeline. */
  reasons: PipelineOverview['reasons'];
}

/** Details of a step: dropped candidates and reasons, durations, following steps. */
export function StepDetails({ app, funnel, step, reasons }: StepDetailsProps) {
  const names = useNames();
  const dropped = step.drops.reduce((sum, { count }) => sum + count, 0);
  const overTime = new Map(reasons.map((each) => [each.reason, each.counts]));
  const next = funnel.edges
    .filter(({ from }) => from === step.name)
    .toSorted((a, b) => b.executions - a.executions);
  return (
    <section
      aria-label={`Step ${step.name}`}
      className="grid gap-x-8 gap-y-3 rounded-md border border-line p-3 text-sm md:grid-cols-2"
    >
      <div className="min-w-0">
        <h3 className="flex min-w-0 flex-wrap items-baseline gap-x-2">
          <span className="min-w-0 font-semibold wrap-anywhere">
            <Term kind="steps" code={step.name} />
          </span>
          <span className="text-ink-muted">
            <KindMark kind={step.kind} /> {step.kind}
          </span>
          <Link
            href={executionsHref(app, { pipeline: funnel.pipeline, step: step.name })}
            prefetch={false}
            className="touch-link text-accent hover:underline"
          >
            executions
          </Link>
        </h3>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4">
          <Fact name="ran in">
            {formatCount(step.executions)} of {formatCount(funnel.executions)} executions
            {step.runs > step.executions ? `, ${formatCount(step.runs)} times` : ''}
          </Fact>
          <Fact name="took">
            p50 {formatDuration(step.p50Ms)} · p95 {formatDuration(step.p95Ms)}
          </Fact>
          {step.failed > 0 ? (
            <Fact name="failed">
              {formatCount(step.failed)} of {formatCount(step.runs)} runs
            </Fact>
          ) : null}
          {step.skipped > 0 ? <Fact name="skipped">{formatCount(step.skipped)} times</Fact> : null}
          {next.length > 0 ? (
            <Fact name="then">
              {next
                .slice(0, FLOWS_SHOWN)
                .map(
                  ({ to, executions }) =>
                    `${to === null ? 'the end' : names('steps', to)} ${formatCount(executions)}`,
                )
                .join(', ')}
              {next.length > FLOWS_SHOWN ? ` and ${next.length - FLOWS_SHOWN} more` : ''}
            </Fact>
          ) : null}
        </dl>
      </div>
      <div className="min-w-0">
        {step.candidatesIn === null ? (
          <p className="text-ink-muted">This step has no candidates.</p>
        ) : step.drops.length === 0 ? (
          <p className="text-ink-muted">No dropped candidate has a recorded reason.</p>
        ) : (
          <table className="w-full">
            <caption className="pb-1 text-left text-xs text-ink-muted">
              Dropped candidates by decisive reason, with the reason over time in the whole pipeline
            </caption>
            <tbody>
              {step.drops.slice(0, REASONS_SHOWN).map(({ reason, count }) => (
                <tr key={reason}>
                  <th
                    scope="row"
                    className="max-w-48 truncate pr-3 text-left font-normal"
                    title={reason}
                  >
                    {names('reasons', reason)}
                  </th>
                  <td className="w-2/3">
                    <span className="flex items-center gap-2">
                      <span className="w-16 shrink-0 text-right">{formatCount(count)}</span>
                      <span aria-hidden className="h-2 min-w-12 flex-1 rounded-full bg-sunken">
                        <span
                          className="block h-full rounded-full bg-negative"
                          style={{ width: `${dropped > 0 ? (count / dropped) * 100 : 0}%` }}
                        />
                      </span>
                      <Spark counts={overTime.get(reason)} />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {step.drops.length > REASONS_SHOWN ? (
          <p className="text-ink-muted">and {step.drops.length - REASONS_SHOWN} more reasons</p>
        ) : null}
      </div>
    </section>
  );
}

function Spark({ counts }: { counts: readonly number[] | undefined }) {
  if (counts === undefined) return null;
  return (
    <svg aria-hidden width={SPARK.widthPx} height={SPARK.heightPx} className="text-negative">
      {layoutStack([counts], SPARK).map(({ bucket, x, y, width, height }) => (
        <rect key={bucket} x={x} y={y} width={width} height={height} fill="currentColor" />
      ))}
    </svg>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
