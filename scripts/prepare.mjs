import './node-version.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputsOf, isFresh, pruneOutputs, removeStamp, writeStamp } from './fingerprint.mjs';
import { parts, partsFor, root } from './parts.mjs';
import { Progress } from './progress.mjs';
import { run } from './run.mjs';
import { singleFlight } from './single-flight.mjs';

/**
 * Installs the packages of the lockfile and builds the parts that have changed. If nothing has changed it
 * does nothing, in less than a second. Writes to stderr only.
 *
 * @param {string[]} [names] of parts; all of them by default
 * @param {{ withTools?: boolean }} [options] `withTools`: whether tests and checks are to run too. Builds and
 *   the server need none of the devDependencies, which are a third of the files.
 * @returns {Promise<boolean>} false when something failed; the message is on stderr
 */
export async function prepare(names = parts.map(({ name }) => name), { withTools = true } = {}) {
  const wanted = partsFor(names);
  if (installed(withTools) === 'whole' && wanted.every(isFresh)) return true;
  const progress = new Progress();
  try {
    return await singleFlight(
      async () => await installAndBuild(wanted, withTools, progress),
      () => progress.say('waiting for another process that prepares this clone'),
    );
  } finally {
    progress.stop();
  }
}

/**
 * @param {import('./parts.mjs').Part[]} wanted
 * @param {boolean} withTools
 * @param {Progress} progress
 */
async function installAndBuild(wanted, withTools, progress) {
  const found = installed(withTools);
  const mustInstall = found !== 'whole';
  const stale = wanted.filter((part) => !isFresh(part));
  const first = mustInstall ? [{ name: 'install', needs: [] }] : [];
  const builds = stale.map(({ name, needs }) => ({
    name,
    needs: mustInstall ? ['install', ...needs] : needs,
  }));
  progress.plan([...first, ...builds]);
  return (
    (!mustInstall || (await install(found, withTools, progress))) && (await build(wanted, progress))
  );
}

/**
 * How many of the packages of package-lock.json node_modules holds, by npm's own record.
 *
 * @param {boolean} withTools
 * @returns {'whole' | 'without tools' | 'other'}
 */
function installed(withTools) {
  let locked;
  let present;
  try {
    locked = readPackages('package-lock.json');
    present = readPackages('node_modules/.package-lock.json');
  } catch {
    return 'other';
  }
  for (const [place, { version, integrity, link }] of Object.entries(present)) {
    const wanted = locked[place];
    if (!wanted || wanted.version !== version || wanted.integrity !== integrity) return 'other';
    if (!link && !fs.existsSync(path.join(root, place))) return 'other';
  }
  const missing = Object.entries(locked).filter(
    ([place, { optional, devOptional }]) =>
      place !== '' && !(place in present) && optional !== true && devOptional !== true,
  );
  if (!missing.every(([, { dev }]) => dev === true)) return 'other';
  return withTools && missing.length > 0 ? 'without tools' : 'whole';
}

function readPackages(file) {
  return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
}

/**
 * @param {ReturnType<typeof installed>} found
 * @param {boolean} withTools
 * @param {Progress} progress
 */
async function install(found, withTools, progress) {
  progress.begin('install');
  // `npm ci` would first delete what is there.
  const command = found === 'without tools' ? ['install', '--no-save'] : ['ci'];
  progress.say(`installing packages (npm ${command[0]})`);
  const { code, output } = await run(
    'npm',
    [
      ...command,
      withTools ? '--include=dev' : '--omit=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ],
    { cwd: root },
  );
  if (code === 0) progress.say(`installed in ${progress.end('install')}`);
  else progress.say(`npm ${command[0]} failed:\n${output}`);
  return code === 0;
}

/**
 * Builds the stale parts of `wanted`, each as soon as the parts that it needs are built.
 *
 * @param {import('./parts.mjs').Part[]} wanted
 * @param {Progress} progress
 */
async function build(wanted, progress) {
  /** @type {Map<string, Promise<boolean>>} */
  const builds = new Map();
  for (const part of wanted) {
    const needed = part.needs.map((need) => builds.get(need));
    builds.set(
      part.name,
      Promise.all(needed).then(async (done) => {
        if (done.includes(false)) return false;
        return isFresh(part) || (await buildPart(part, progress));
      }),
    );
  }
  return (await Promise.all(builds.values())).every(Boolean);
}

/**
 * @param {import('./parts.mjs').Part} part
 * @param {Progress} progress
 */
async function buildPart(part, progress) {
  progress.begin(part.name);
  const sinceMs = Date.now();
  const inputs = inputsOf(part);
  removeStamp(part);
  progress.say(`building ${part.name}`);
  // A caller's NODE_ENV, such as vitest's, would change Next's build.
  const { NODE_ENV: _, ...env } = process.env;
  const { code, output } = await run('npm', ['run', 'build', '--silent'], {
    cwd: path.join(root, part.folder),
    env: { ...env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (code !== 0) {
    progress.say(`building ${part.name} failed:\n${output}`);
    return false;
  }
  if (part.prune) pruneOutputs(part, sinceMs);
  writeStamp(part, inputs);
  progress.say(`built ${part.name} in ${progress.end(part.name)}`);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2).filter((arg) => arg !== '--without-tools');
  const withTools = !process.argv.includes('--without-tools');
  if (!(await prepare(names.length > 0 ? names : undefined, { withTools }))) process.exitCode = 1;
}
