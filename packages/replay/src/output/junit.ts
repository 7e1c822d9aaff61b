import type { Report, ReportedResult } from '../report.js';
import { changeText } from './wording.js';

/** The report as JUnit XML: a case for each execution. A flip fails, an undecided one is skipped. */
export function junitOf({ results, counts, distrust, exitCode, gate }: Report): string {
  const isBroken = exitCode !== 0;
  const cases = results.map(caseOf);
  const summary = [
    ...distrust,
    ...gate.filter(({ holds }) => !holds).map(({ what, max }) => `${what} is over ${String(max)}`),
  ];
  const verdict = isBroken
    ? element(
        'testcase',
        { classname: 'replay', name: 'gate' },
        element('failure', { message: summary.join('; ') }),
      )
    : element('testcase', { classname: 'replay', name: 'gate' });
  const attributes = {
    name: 'replay',
    tests: String(results.length + 1),
    failures: String(counts.flipped + (isBroken ? 1 : 0)),
    skipped: String(counts.undecided + counts.not_replayable),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuite', attributes, [verdict, ...cases].join('\n'))}\n`;
}

function caseOf(result: ReportedResult): string {
  const { executionId, pipeline, verdict, why } = result;
  const content =
    verdict === 'flipped'
      ? element('failure', { message: changeText(result) })
      : why === null
        ? ''
        : element('skipped', { message: why });
  return element('testcase', { classname: `replay.${pipeline}`, name: executionId }, content);
}

function element(name: string, attributes: Record<string, string>, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return content === ''
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${content}</${name}>`;
}

/** XML 1.0 has no form for most control characters and for half pairs. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r -\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
