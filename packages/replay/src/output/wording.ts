import type { Report, ReportedResult, Share } from '../report.js';

/** 3.3 % (2.6 to 4.2 %) */
export function percentText({ share, low, high }: Share): string {
  return `${percent(share)} (95 % interval: ${percent(low)} to ${percent(high)})`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function outcomeText(outcome: string | null): string {
  return outcome ?? 'no outcome';
}

/** One changed decision: `e-17: approved → declined, min_score: 641 >= 620, pass → 641 >= 660, fail` */
export function changeText({ executionId, was, is, cause, rule }: ReportedResult): string {
  const outcomes = `${outcomeText(was.outcome)} → ${outcomeText(is?.outcome ?? null)}`;
  if (cause === null) return `${executionId}: ${outcomes}`;
  const { rule: id, name } = cause.decided;
  if (id === undefined || rule === null) return `${executionId}: ${outcomes}, at ${id ?? name}`;
  return `${executionId}: ${outcomes}, ${id}: ${rule.was ?? 'not asked'} → ${rule.is ?? 'not asked'}`;
}

/** The sentence that a report opens with. */
export function headline(report: Report): string {
  const { counts, exitCode, distrust, control } = report;
  const isolated = control === null ? ' Against the record: the change is not isolated.' : '';
  const changed = `${counts.flipped} of ${total(report)} decisions flip, ${counts.moved} move.${isolated}`;
  if (exitCode === 3) return `Not to be trusted: ${distrust.join('; ')}. ${changed}`;
  return `${exitCode === 0 ? 'The gate holds' : 'The gate does not hold'}. ${changed}`;
}

export function total({ counts }: Report): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What the run says nothing about. */
export const NOT_SHOWN =
  'Not shown: what became of the decisions later. "Same" means the same with the recorded answers.';
