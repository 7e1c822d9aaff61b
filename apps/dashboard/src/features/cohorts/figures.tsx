import type { CohortFigure } from '@xray/core';
import { formatDuration, formatNumber, formatShare } from '@/lib/format';

const WORDS: Record<CohortFigure['figure'], string> = {
  failureRate: 'Failed or timed out',
  p50: 'Duration, p50',
  p95: 'Duration, p95',
  candidatesKept: 'Candidates kept',
  steps: 'Steps',
  costUsd: 'Cost (USD)',
};

/** Durations, failures, candidates, steps and cost of both groups with their intervals. */
export function Figures({ figures }: { figures: readonly CohortFigure[] }) {
  if (figures.length === 0) return null;
  return (
    <section
      aria-label="Figures of both groups"
      // The keyboard must reach a scrolling box (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="overflow-x-auto"
    >
      <table className="w-full text-sm">
        <caption className="px-4 pb-1 text-left font-semibold">
          Durations, failures and cost, with 95 % intervals
        </caption>
        <thead className="text-left text-xs text-ink-muted">
          <tr className="border-b border-line">
            {['Figure', 'a', 'b', 'Significant'].map((name) => (
              <th key={name} scope="col" className="px-4 py-1.5 font-normal">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {figures.map(({ figure, a, b, significant }) => (
            <tr key={figure} className="border-b border-line">
              <th scope="row" className="px-4 py-1.5 text-left font-normal">
                {WORDS[figure]}
              </th>
              <td className="px-4 py-1.5">{measuredText(figure, a)}</td>
              <td className="px-4 py-1.5">{measuredText(figure, b)}</td>
              <td className="px-4 py-1.5">
                {significant ? (
                  <strong className="font-medium">yes</strong>
                ) : (
                  <span className="text-ink-muted">no, could be chance</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** `412 ms (398 ms to 430 ms)` */
function measuredText(
  figure: CohortFigure['figure'],
  { value, low, high }: CohortFigure['a'],
): string {
  const text = (number: number): string => {
    if (figure === 'p50' || figure === 'p95') return formatDuration(number);
    if (figure === 'failureRate' || figure === 'candidatesKept') return formatShare(number);
    return formatNumber(Number(number.toPrecision(3)));
  };
  return `${text(value)} (${text(low)} to ${text(high)})`;
}
