import type { Report } from '../report.js';
import {
  changeText,
  headline,
  NOT_SHOWN,
  outcomeText,
  percent,
  percentText,
  total,
} from './wording.js';

const MAX_CHANGES = 10;

/** The report for a comment on a pull request. */
export function markdownOf(report: Report): string {
  const { counts, matrix, causes, segments, undecided, gate, control, results } = report;
  const changes = results.filter(({ verdict }) => verdict === 'flipped').slice(0, MAX_CHANGES);
  const decided = counts.same + counts.moved + counts.flipped;
  return [
    `## Replay of ${total(report)} decisions`,
    headline(report),
    section('Coverage', [
      `- decided: ${decided} of ${total(report)}`,
      `- answers: ${report.answered}, of them ${report.unverified} without a comparable input`,
      `- clock read ${report.reads.clock} times, chance ${report.reads.chance} times, network ${report.reads.network} times`,
      control === null
        ? '- no control'
        : `- control: ${control.reproduced} of ${control.of} records reproduced`,
      `- flips among the decided of the population: ${percentText(report.flips)}`,
    ]),
    section('Gate', gate.map(gateLine)),
    table(
      'Outcomes',
      ['was', 'is', 'decisions'],
      matrix.map(({ was, is, count }) => [outcomeText(was), outcomeText(is), count]),
    ),
    table(
      'Causes',
      ['first difference', 'decided by', 'was', 'is', 'decisions'],
      causes.map((cause) => [
        cause.origin,
        cause.decided,
        outcomeText(cause.was),
        outcomeText(cause.is),
        cause.count,
      ]),
    ),
    table(
      'Segments beyond chance',
      ['property', 'flips', 'of', 'share', 'share of the others'],
      segments.map(({ trait, flips, of, within, others }) => [
        trait,
        flips,
        of,
        percent(within.share),
        percent(others.share),
      ]),
    ),
    section(
      'Flips',
      changes.map((change) => `- ${cell(changeText(change))}`),
    ),
    table(
      'Undecided',
      ['why', 'decisions'],
      undecided.map(({ why, count }) => [why, count]),
    ),
    NOT_SHOWN,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

export function gateLine({ what, max, where, found, holds }: Report['gate'][number]): string {
  const isShare = typeof max === 'string';
  const filter = where === undefined ? '' : ` where ${where}`;
  return `- ${holds ? 'holds' : '**does not hold**'}: ${what}${filter}: ${isShare ? percent(found) : String(found)}, at most ${String(max)}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `### ${title}\n\n${lines.join('\n')}`;
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (string | number)[][],
): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((value) => cell(String(value))).join(' | ')} |`;
  return `### ${title}\n\n${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}`;
}

/** Recorded text must not make a table, a link or HTML of its own. */
function cell(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, String.raw`\$&`).replaceAll(/\s+/g, ' ');
}
