/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * Counts the tests of vitest's JSON report. Other failures count as one each: a file that could not be
 * loaded, a hook that threw, a runner that failed or wrote no report.
 *
 * @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] } | null} report
 * @param {number} exitCode of the runner
 * @returns {Tally}
 */
export function tally(report, exitCode) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report?.testResults ?? []) {
    const failedBefore = total.failed;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') total.passed += 1;
      else if (status === 'failed') total.failed += 1;
      else total.skipped += 1;
    }
    if (file.status === 'failed' && total.failed === failedBefore) total.failed += 1;
  }
  if ((exitCode !== 0 || report === null) && total.failed === 0) total.failed = 1;
  return total;
}

/** @param {Tally} total */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * @param {{ file: string, seconds: number }[]} files
 * @returns {string} a line for each of the slowest files, the slowest first
 */
export function slowestFiles(files, count = 15) {
  const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, count);
  return [
    `The ${slowest.length} slowest files:`,
    ...slowest.map(({ file, seconds }) => timeLine(seconds, file)),
  ].join('\n');
}

/** @param {{ name: string, seconds: number }[]} parts */
export function secondsByPart(parts) {
  return ['Seconds by part:', ...parts.map(({ name, seconds }) => timeLine(seconds, name))].join(
    '\n',
  );
}

/**
 * @param {number} seconds
 * @param {string} name
 */
function timeLine(seconds, name) {
  return `${seconds.toFixed(1).padStart(7)}  ${name}`;
}
