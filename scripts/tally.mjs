/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * Counts what vitest's JSON report says. What failed without being a test counts as one failure: a
 * file that could not be loaded or whose hooks threw, and a runner that ended badly or left no report.
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
