import { describe, expect, test } from 'vitest';
import { closingLine, secondsByPart, slowestFiles, tally } from '../tally.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((status) => ({ status })),
});

describe('the tally of a test run', () => {
  test('counts passed, failed and skipped tests', () => {
    const report = {
      testResults: [
        file('passed', 'passed', 'passed', 'pending'),
        file('failed', 'failed', 'passed', 'skipped', 'todo'),
      ],
    };

    expect(tally(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 3 });
  });

  test('counts a file that could not be loaded as one failure', () => {
    const report = { testResults: [file('failed'), file('passed', 'passed')] };

    expect(tally(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('counts a file whose set-up threw as one failure, in addition to its skipped tests', () => {
    expect(tally({ testResults: [file('failed', 'skipped', 'skipped')] }, 1)).toEqual({
      passed: 0,
      failed: 1,
      skipped: 2,
    });
  });

  test('counts a failed runner without a failed test as one failure', () => {
    expect(tally({ testResults: [file('passed', 'passed')] }, 1).failed).toBe(1);
  });

  test('counts a runner without a report as one failure, whatever its exit code', () => {
    expect(tally(null, 0).failed).toBe(1);
  });

  test('names skipped tests in the last line only if there are some', () => {
    expect(closingLine({ passed: 2, failed: 0, skipped: 0 })).toBe('2 passed, 0 failed');
    expect(closingLine({ passed: 2, failed: 1, skipped: 3 })).toBe('2 passed, 1 failed, 3 skipped');
  });

  test('lists the slowest files, the slowest first', () => {
    const files = [3, 12.34, 7].map((seconds) => ({ file: `${seconds}.test.ts`, seconds }));

    expect(slowestFiles(files, 2).split('\n')).toEqual([
      'The 2 slowest files:',
      '   12.3  12.34.test.ts',
      '    7.0  7.test.ts',
    ]);
  });

  test('prints the seconds of each part', () => {
    expect(secondsByPart([{ name: 'server', seconds: 301.24 }])).toBe(
      'Seconds by part:\n  301.2  server',
    );
  });
});
