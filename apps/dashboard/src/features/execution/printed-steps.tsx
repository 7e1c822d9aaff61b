'use client';

import type { Step } from '@xray/core';
import { Term } from '@/components/term';
import { useMediaQuery } from '@/lib/browser-state';
import { formatDuration } from '@/lib/format';

const MAX_PRINTED = 1_000;
const CELL = 'py-1 pr-4 text-left align-top wrap-anywhere';

/** The steps as a plain table, for printing. */
export function PrintedSteps({ steps }: { steps: readonly Step[] }) {
  // Thousands of rows are rendered only for printing.
  if (!useMediaQuery('print')) return null;
  const rows = steps
    .map((step, index) => ({ step, sequence: step.sequence ?? index }))
    .toSorted((a, b) => a.sequence - b.sequence);
  return (
    <section aria-label="Steps" className="px-4 py-3">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line-strong">
            <th className={CELL}>Step</th>
            <th className={CELL}>Name</th>
            <th className={CELL}>Kind</th>
            <th className={CELL}>Status</th>
            <th className={CELL}>Took</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_PRINTED).map(({ step, sequence }, index) => (
            // Sequences may repeat, and the snapshot's order never changes.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={index} className="break-inside-avoid border-b border-line">
              <td className={CELL}>{sequence}</td>
              <td className={CELL}>
                <Term kind="steps" code={step.name} />
                {step.error ? (
                  <span className="block text-ink-muted">
                    {step.error.type}: {step.error.message}
                  </span>
                ) : null}
              </td>
              <td className={CELL}>{step.kind ?? ''}</td>
              <td className={CELL}>{step.status ?? 'completed'}</td>
              <td className={CELL}>{formatDuration(step.durationMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MAX_PRINTED ? (
        <p className="pt-2 text-sm">
          The first {MAX_PRINTED} of {rows.length} steps.
        </p>
      ) : null}
    </section>
  );
}
