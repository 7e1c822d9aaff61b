'use client';

import type { Funnel } from '@xray/core';
import { useState } from 'react';
import { Term } from '@/components/term';
import { cn } from '@/lib/cn';
import { formatCount, formatDuration, formatShare } from '@/lib/format';
import { dropRate, failureRate, orderSteps, type StepOrder } from './step-order';

const HEAD = 'px-3 py-1.5 text-left text-xs font-normal whitespace-nowrap text-ink-muted';
const CELL = 'px-3 py-1.5';

/** The steps as a table, ordered by place, duration, failures or dropped candidates. */
export function StepsTable({
  funnel,
  onCurrent,
}: {
  funnel: Funnel;
  onCurrent: (step: string) => void;
}) {
  const [order, setOrder] = useState<StepOrder>('slowest');
  const head = (title: string, by: StepOrder | null, numeric = true) => (
    <th
      scope="col"
      aria-sort={by === order ? (by === 'place' ? 'ascending' : 'descending') : undefined}
      className={cn(HEAD, numeric && 'text-right')}
    >
      {by === null ? (
        title
      ) : (
        <button
          type="button"
          onClick={() => setOrder(by)}
          className={cn('hover:text-ink hover:underline', by === order && 'font-semibold text-ink')}
        >
          {title}
          {by === order ? <span aria-hidden> {by === 'place' ? '↑' : '↓'}</span> : null}
        </button>
      )}
    </th>
  );
  return (
    <section
      aria-label="Steps by cost"
      // The keyboard must reach a scrolling box (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="overflow-x-auto rounded-md border border-line"
    >
      <table className="w-full min-w-[40rem] text-sm">
        <thead>
          <tr className="border-b border-line">
            {head('Step', 'place', false)}
            {head('Ran in', null)}
            {head('p50', null)}
            {head('p95', 'slowest')}
            {head('Failed', 'failing')}
            {head('In → out', null)}
            {head('Dropped', 'dropping')}
          </tr>
        </thead>
        <tbody>
          {orderSteps(funnel.steps, order).map((step) => (
            <tr key={step.name} className="border-b border-line last:border-0 hover:bg-hover">
              <th scope="row" className={cn(CELL, 'max-w-64 text-left font-normal')}>
                <button
                  type="button"
                  title={step.name}
                  onClick={() => onCurrent(step.name)}
                  className="touch-link block max-w-full truncate text-accent hover:underline"
                >
                  <Term kind="steps" code={step.name} />
                </button>
              </th>
              <td className={cn(CELL, 'text-right')}>
                {funnel.executions > 0 ? formatShare(step.executions / funnel.executions) : '–'}
              </td>
              <td className={cn(CELL, 'text-right')}>{formatDuration(step.p50Ms)}</td>
              <td className={cn(CELL, 'text-right')}>{formatDuration(step.p95Ms)}</td>
              <td className={cn(CELL, 'text-right')}>
                {step.failed === 0 ? '0' : `▲ ${formatShare(failureRate(step))}`}
              </td>
              <td className={cn(CELL, 'text-right whitespace-nowrap')}>
                {step.candidatesIn === null
                  ? '–'
                  : `${formatCount(step.candidatesIn)} → ${formatCount(step.candidatesOut)}`}
              </td>
              <td className={cn(CELL, 'text-right')}>{formatShare(dropRate(step))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
