import type { ReplayReport, ReplayRun } from '@xray/core';
import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';
import { formatCount, formatShare } from '@/lib/format';

/** Whether the gate holds, as a shape, a colour and words. */
export function GateMark({ report }: { report: ReplayReport | null }) {
  if (report === null) return <span className="text-sm text-ink-muted">… not finished</span>;
  const [text, tone] =
    report.exitCode === 0
      ? ['● gate holds', 'text-positive']
      : report.exitCode === 1
        ? ['✕ gate does not hold', 'text-negative']
        : ['▲ not to be trusted', 'text-failed'];
  return (
    <span className="text-sm">
      <span aria-hidden className={tone}>
        {text.slice(0, 1)}
      </span>{' '}
      {text.slice(2)}
    </span>
  );
}

/** What a reader must know before the flips: the gate, coverage, and why the result may not be trusted. */
export function RunFacts({ run, report }: { run: ReplayRun; report: ReplayReport }) {
  const { counts, control, reads, distrust, gate, flips, changedAndRan } = report;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const decided = counts.same + counts.moved + counts.flipped;
  const isBlind = control !== null && changedAndRan.length === 0;
  return (
    <div className="flex flex-col gap-3 px-4">
      {distrust.length === 0 ? null : (
        <ul role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm">
          {distrust.map((reason) => (
            <li key={reason} className="wrap-anywhere">
              ▲ {reason}
            </li>
          ))}
        </ul>
      )}
      {isBlind ? (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-sm">
          No step that ran has another function than in the control. A change deeper down is not
          visible here.
        </p>
      ) : null}
      {control === null ? (
        <p className="text-sm text-ink-muted">
          Compared with the records. Without <code className="text-mono">--control</code> the change
          is not isolated.
        </p>
      ) : null}
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
        <Fact name="flips">
          {formatCount(counts.flipped)} · {formatShare(flips.share)}{' '}
          <span className="text-ink-muted">
            ({formatShare(flips.low)} to {formatShare(flips.high)} of{' '}
            {formatCount(report.population)})
          </span>
        </Fact>
        <Fact name="moved">{formatCount(counts.moved)}</Fact>
        <Fact name="decided">
          {formatCount(decided)} of {formatCount(total)} (
          {formatShare(total === 0 ? 0 : decided / total)})
        </Fact>
        {control === null ? null : (
          <Fact name="control">
            {formatCount(control.reproduced)} of {formatCount(control.of)}
          </Fact>
        )}
        <Fact name="answers">
          {formatCount(report.answered)}, {formatCount(report.unverified)} unverified
        </Fact>
        <Fact name="clock, chance, network">
          {[reads.clock, reads.chance, reads.network].map((count) => formatCount(count)).join(', ')}
        </Fact>
        {run.q === null ? null : <Fact name="filter">{run.q}</Fact>}
      </dl>
      {gate.length === 0 ? null : (
        <ul aria-label="Gate" className="text-sm">
          {gate.map(({ what, max, where, found, holds }) => (
            <li key={`${what} ${where ?? ''}`} className="wrap-anywhere">
              <span aria-hidden className={cn(holds ? 'text-positive' : 'text-negative')}>
                {holds ? '●' : '✕'}
              </span>{' '}
              {what}
              {where === undefined ? '' : ` where ${where}`}:{' '}
              {typeof max === 'string' ? formatShare(found) : formatCount(found)}, at most {max}
              <span className="sr-only">{holds ? ', holds' : ', does not hold'}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-wrap gap-x-1.5">
      <dt className="text-ink-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
