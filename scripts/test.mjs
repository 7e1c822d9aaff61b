import { prepare } from './prepare.mjs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, testParts } from './parts.mjs';
import { run } from './run.mjs';
import { closingLine, secondsByPart, slowestFiles, tally } from './tally.mjs';

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
const seconds = { parts: [], files: [] };
const queue = [...selected];
const lanes = Math.min(2, queue.length);
await Promise.all(
  Array.from({ length: lanes }, async () => {
    for (let part = queue.shift(); part; part = queue.shift()) await testPart(part);
  }),
);
fs.rmSync(folder, { recursive: true, force: true });

console.log(`\n${secondsByPart(seconds.parts)}`);
console.log(`\n${slowestFiles(seconds.files)}`);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** @param {{ name: string, folder: string }} part */
async function testPart(part) {
  const startedMs = performance.now();
  console.log(`\n── ${part.name} (${part.folder}) ──`);
  const report = path.join(folder, `${part.name}.json`);
  const fileSeconds = path.join(folder, `${part.name}.seconds.json`);
  const { code } = await run(
    process.execPath,
    [
      path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      `--reporter=${path.join(root, 'scripts', 'file-seconds.mjs')}`,
      ...args,
    ],
    {
      cwd: path.join(root, part.folder),
      env: { ...env, XRAY_FILE_SECONDS: fileSeconds },
      show: lanes === 1 ? true : `${part.name.padEnd(9)} `,
    },
  );
  const result = tally(readReport(report), code);
  total.passed += result.passed;
  total.failed += result.failed;
  total.skipped += result.skipped;
  seconds.parts.push({ name: part.name, seconds: (performance.now() - startedMs) / 1000 });
  seconds.files.push(...(readReport(fileSeconds) ?? []));
}

function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
