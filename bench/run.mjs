import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare } from '../scripts/prepare.mjs';

const here = import.meta.dirname;
const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join(here, entry.name, 'run.mjs')))
  .map(({ name }) => name);

const HELP = `npm run bench -- <name> [its options]
  Runs one bench: ${names.join(', ')}.
  npm run bench -- <name> --help  lists its options.
What is measured depends on the machine: compare figures of one run only.
`;

const [name, ...args] = process.argv.slice(2);

if (name === undefined || name === '--help' || name === '-h') process.stdout.write(HELP);
else if (!names.includes(name)) {
  process.stderr.write(`There is no bench "${name}".\n${HELP}`);
  process.exitCode = 1;
} else {
  const bench = await import(pathToFileURL(path.join(here, name, 'run.mjs')).href);
  if (args.includes('--help') || args.includes('-h')) process.stdout.write(bench.HELP);
  else if (bench.needsPeers !== false && !isInstalled() && !install()) process.exitCode = 1;
  else if (!(await prepare(bench.parts))) process.exitCode = 1;
  else await bench.run(args);
}

/** Installs the compared products. The root's install leaves them out, because only a bench needs them. */
function isInstalled() {
  const [lock, record] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) =>
    statSync(path.join(here, file), { throwIfNoEntry: false }),
  );
  return lock !== undefined && record !== undefined && record.mtimeMs >= lock.mtimeMs;
}

function install() {
  process.stderr.write('bench: installing the peers (npm ci in bench/)\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: here,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0;
}
