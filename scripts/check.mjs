import { prepare } from './prepare.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { commitFaults } from './commits.mjs';
import { featuresOf, foldersWithoutRules, importRules } from './import-rules.mjs';
import { missingPaths } from './named-paths.mjs';
import { parts, root } from './parts.mjs';
import { mannered, tooMannered } from './plain-words.mjs';
import { preparePython } from './python.mjs';
import { run, secondsSince } from './run.mjs';

const HELP = `npm run check [-- name...]
  Prepares the clone and runs every check, or those whose name begins with one of the given words:
  format, lockfile, lint, imports, commits, paths in docs, plain words, types, python, dead code, schema.
  Ends non-zero when one failed.
  npm run format puts the format right.
`;

const bin = (...place) => path.join(root, 'node_modules', ...place);
const oxlint = bin('oxlint', 'bin', 'oxlint');
const node = (script, args, cwd = root) => run(process.execPath, [script, ...args], { cwd });

const checks = [
  { name: 'format', run: () => node(bin('oxfmt', 'bin', 'oxfmt'), ['--check', '.']) },
  {
    name: 'lockfile',
    run: () => node(path.join(root, 'scripts', 'complete-lockfile.mjs'), ['--check']),
  },
  { name: 'lint', run: () => node(oxlint, ['--deny-warnings', '.']) },
  { name: 'imports', run: checkImports },
  { name: 'commits', run: async () => result(await commitFaults()) },
  { name: 'paths in docs', run: async () => result(missingPaths()) },
  { name: 'plain words', run: async () => result(tooMannered(mannered(), allowedPhrases())) },
  ...parts.map(({ name, folder }) => ({
    name: `types of ${name}`,
    run: () => checkTypes(name, folder),
  })),
  { name: 'types of e2e', run: () => checkTypes('e2e', 'e2e') },
  { name: 'types of python', run: () => checkTypes('python', 'packages/xray-python') },
  { name: 'python', run: checkPython },
  { name: 'types of scripts', run: () => checkTypes('scripts', 'scripts') },
  { name: 'dead code', run: () => node(bin('knip', 'bin', 'knip.js'), ['--no-progress']) },
  {
    name: 'schema',
    run: () =>
      run('npm', ['run', 'schema', '--silent', '-w', 'server', '--', '--check'], { cwd: root }),
  },
];

const args = process.argv.slice(2);
if (args.some((arg) => arg.startsWith('-'))) {
  process.stdout.write(HELP);
  process.exit(args.includes('--help') ? 0 : 2);
}
const selected = checks.filter(
  ({ name }) => args.length === 0 || args.some((arg) => name.startsWith(arg)),
);
if (selected.length === 0) {
  process.stdout.write(HELP);
  process.exit(2);
}
if (!(await prepare(['core', 'sdk', 'server', 'examples']))) process.exit(1);

const results = await twoAtATime(selected, async (check) => {
  const startedMs = performance.now();
  const { code, output } = await check.run();
  const took = secondsSince(startedMs);
  console.log(
    code === 0 ? `ok      ${check.name} (${took})` : `FAILED  ${check.name} (${took})\n${output}`,
  );
  return code === 0;
});
const failed = selected.filter((_, index) => !results[index]).map(({ name }) => name);
console.log(
  failed.length === 0 ? `All ${selected.length} checks passed.` : `Failed: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string[]} faults */
function result(faults) {
  return { code: faults.length > 0 ? 1 : 0, output: `${faults.join('\n')}\n` };
}

/** The number of places where old texts may still have a phrase (see CONTRIBUTING.md). */
function allowedPhrases() {
  return JSON.parse(fs.readFileSync(path.join(root, 'scripts', 'plain-words.json'), 'utf8'));
}

async function checkImports() {
  const roomless = foldersWithoutRules(root);
  if (roomless.length > 0) {
    const output = `${roomless.join(', ')}: add a rule to scripts/import-rules.mjs that says which imports are allowed.\n`;
    return { code: 1, output };
  }
  // oxlint reads an override's globs from the configuration's own folder, so the configuration must be in the root.
  const config = path.join(root, `.oxlintrc.imports-${process.pid}.json`);
  fs.writeFileSync(config, JSON.stringify(importRules(featuresOf(root))));
  try {
    return await node(oxlint, ['-c', config, '--deny-warnings', '.']);
  } finally {
    fs.rmSync(config);
  }
}

async function checkTypes(name, folder) {
  if (name === 'dashboard' && !fs.existsSync(path.join(root, folder, 'next-env.d.ts'))) {
    // Next generates declarations of CSS modules and routes, as its build would.
    const { code, output } = await node(
      bin('next', 'dist', 'bin', 'next'),
      ['typegen'],
      path.join(root, folder),
    );
    if (code !== 0) return { code, output };
  }
  // TypeScript 7 is native and takes a third of the processor time. Unchanged parts take none.
  return await node(bin('typescript-7', 'bin', 'tsc'), [
    '--noEmit',
    '--incremental',
    '--tsBuildInfoFile',
    bin('.x-ray', 'types', `${name}.tsbuildinfo`),
    '-p',
    path.join(root, folder),
  ]);
}

/** Format, lint and types of the Python SDK. Without Python the check is skipped; in CI it fails. */
async function checkPython() {
  const prepared = await preparePython();
  if ('problem' in prepared) {
    console.log(`python is not checked: ${prepared.problem}`);
    return { code: process.env.CI === 'true' ? 1 : 0, output: `${prepared.problem}\n` };
  }
  const cwd = path.join(root, 'packages', 'xray-python');
  const tools = [
    ['ruff', 'format', '--check', '--quiet', '.'],
    ['ruff', 'check', '--quiet', '.'],
    ['mypy'],
  ];
  let output = '';
  let code = 0;
  for (const tool of tools) {
    const result = await run(prepared.python, ['-m', ...tool], { cwd });
    if (result.code !== 0) {
      code = 1;
      output += result.output;
    }
  }
  return { code, output };
}

async function twoAtATime(items, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
