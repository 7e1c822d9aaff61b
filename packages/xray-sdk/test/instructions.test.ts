import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('programs/instructions.mjs', import.meta.url));
/** Instructions of recording one execution, by Node's major version. Write a new figure here if it falls. */
const EXPECTED: Readonly<Record<string, number>> = { 20: 1_217_000 };
/** Seventeen runs were within 2 % of each other, so growth of this size is not chance. */
const ALLOWED_GROWTH = 1.1;
const FEW = 20;
const MANY = 100;
const run = promisify(execFile);

const major = process.versions.node.split('.')[0] ?? '';
const expected = EXPECTED[major];
const hasValgrind = await run('valgrind', ['--version']).then(
  () => true,
  () => false,
);
const reason =
  expected === undefined
    ? `there is no figure for Node ${major}`
    : hasValgrind
      ? undefined
      : 'valgrind is not installed';

/** All instructions of a process, without a compiler, whose decisions depend on time. */
async function instructionsOf(executions: number): Promise<number> {
  const node = ['--jitless', '--single-threaded', '--hash-seed=1', '--random-seed=1', PROGRAM];
  const valgrind = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null'];
  const { stderr } = await run('valgrind', [...valgrind, process.execPath, ...node], {
    env: { ...process.env, EXECUTIONS: String(executions), NODE_OPTIONS: '' },
  });
  const count = /I\s+refs:\s+([\d,]+)/.exec(stderr)?.[1];
  return Number(count?.replaceAll(',', ''));
}

test.skipIf(reason !== undefined)(
  `recording an execution takes at most a tenth more instructions than before${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  async () => {
    const [few, many] = await Promise.all([instructionsOf(FEW), instructionsOf(MANY)]);
    const each = (many - few) / (MANY - FEW);
    expect(each).toBeGreaterThan(100_000);
    expect(each).toBeLessThan((expected ?? 0) * ALLOWED_GROWTH);
  },
  60_000,
);
