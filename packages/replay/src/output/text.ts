import type { Report } from '../report.js';
import { gateLine } from './markdown.js';
import { changeText, headline, NOT_SHOWN, outcomeText, percentText } from './wording.js';

const MAX_LINES = 10;

/** The report for a terminal. Recorded text is printed without control characters. */
export function textOf(report: Report): string {
  const { matrix, causes, undecided, gate, results, segments } = report;
  const flips = results.filter(({ verdict }) => verdict === 'flipped');
  return printable(
    [
      headline(report),
      `Flips in the population: ${percentText(report.flips)}`,
      ...list(
        'Gate',
        gate.map((each) => gateLine(each).slice(2).replaceAll('*', '')),
      ),
      ...list(
        'Outcomes',
        matrix.map(({ was, is, count }) => `${outcomeText(was)} → ${outcomeText(is)}: ${count}`),
      ),
      ...list(
        'Causes',
        causes.map(
          (cause) =>
            `${cause.decided}, ${outcomeText(cause.was)} → ${outcomeText(cause.is)}: ${cause.count} (first difference: ${cause.origin})`,
        ),
      ),
      ...list(
        'Segments beyond chance',
        segments.map(({ trait, flips: count, of }) => `${trait}: ${count} of ${of}`),
      ),
      ...list('Flips', flips.map(changeText)),
      ...list(
        'Undecided',
        undecided.map(({ why, count }) => `${count} × ${why}`),
      ),
      NOT_SHOWN,
    ].join('\n'),
  );
}

function list(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - MAX_LINES;
  const shown = lines.slice(0, MAX_LINES).map((line) => `  ${line}`);
  return [`${title}:`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** Recorded text could move the cursor or turn the direction of a line. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '\u{FFFD}');
}
