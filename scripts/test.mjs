import { prepare } from './prepare.mjs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, testParts } from './parts.mjs';
import { run } from './run.mjs';
import { closingLine, tally } from './tally.mjs';

const HELP = `npm test [-- part... [vitest arguments]]
  Prepares the clone and runs every part's tests: ${testParts.map(({ name }) => name).join(', ')}.
  With part names, only theirs:  npm test -- server
  Further arguments go to vitest:  npm test -- core merge -t conflict
npm run test:full
  The same with the longer suites too (XRAY_TEST_FULL=1).
`;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(HELP);
  process.exit(0);
}

const env = { ...process.env };
if (args[0] === '--full') {
  args.shift();
  env.XRAY_TEST_FULL = '1';
}
const chosen = [];
while (testParts.some(({ name }) => name === args[0])) chosen.push(args.shift());
const selected = testParts.filter(({ name }) => chosen.length === 0 || chosen.includes(name));

if (!(await prepare())) {
  console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exit(1);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'x-ray-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const part of selected) {
  console.log(`\n── ${part.name} (${part.folder}) ──`);
  const report = path.join(folder, `${part.name}.json`);
  const { code } = await run(
    process.execPath,
    [
      path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    { cwd: path.join(root, part.folder), env, show: true },
  );
  const result = tally(readReport(report), code);
  total.passed += result.passed;
  total.failed += result.failed;
  total.skipped += result.skipped;
}
fs.rmSync(folder, { recursive: true, force: true });

console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
