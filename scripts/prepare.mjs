import './node-version.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputsOf, isFresh, pruneOutputs, removeStamp, writeStamp } from './fingerprint.mjs';
import { parts, partsFor, root } from './parts.mjs';
import { run, secondsSince } from './run.mjs';
import { singleFlight } from './single-flight.mjs';

/**
 * Brings the clone to where its parts can run: installs what the lockfile asks for and builds what
 * has changed. Does nothing, in well under a second, when nothing has. Writes to stderr only.
 *
 * @param {string[]} [names] of parts; all of them by default
 * @returns {Promise<boolean>} false when something failed, which has been said
 */
export async function prepare(names = parts.map(({ name }) => name)) {
  const wanted = partsFor(names);
  if (isInstalled() && wanted.every(isFresh)) return true;
  return await singleFlight(
    async () => (isInstalled() || (await install())) && (await build(wanted)),
    () => say('waiting for another one that is at work in this clone'),
  );
}

function say(text) {
  process.stderr.write(`prepare: ${text}\n`);
}

/** Whether node_modules holds what package-lock.json names, by npm's own record of what it put there. */
function isInstalled() {
  let locked;
  let installed;
  try {
    locked = readPackages('package-lock.json');
    installed = readPackages('node_modules/.package-lock.json');
  } catch {
    return false;
  }
  for (const [place, { version, integrity, link }] of Object.entries(installed)) {
    const wanted = locked[place];
    if (!wanted || wanted.version !== version || wanted.integrity !== integrity) return false;
    if (!link && !fs.existsSync(path.join(root, place))) return false;
  }
  return Object.entries(locked).every(
    ([place, { optional, devOptional }]) =>
      place === '' || place in installed || optional === true || devOptional === true,
  );
}

function readPackages(file) {
  return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
}

async function install() {
  const startedMs = performance.now();
  say('installing what package-lock.json names (npm ci)');
  const { code, output } = await run(
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root },
  );
  if (code === 0) say(`installed in ${secondsSince(startedMs)}`);
  else say(`npm ci failed:\n${output}`);
  return code === 0;
}

/** Builds the stale ones of `wanted`, each as soon as what it needs is there. */
async function build(wanted) {
  /** @type {Map<string, Promise<boolean>>} */
  const builds = new Map();
  for (const part of wanted) {
    const needed = part.needs.map((need) => builds.get(need));
    builds.set(
      part.name,
      Promise.all(needed).then(async (done) => {
        if (done.includes(false)) return false;
        return isFresh(part) || (await buildOne(part));
      }),
    );
  }
  return (await Promise.all(builds.values())).every(Boolean);
}

/** @param {import('./parts.mjs').Part} part */
async function buildOne(part) {
  const startedMs = performance.now();
  const sinceMs = Date.now();
  const inputs = inputsOf(part);
  removeStamp(part);
  say(`building ${part.name}`);
  // A NODE_ENV of the caller's (vitest's, say) would change what Next builds.
  const { NODE_ENV: _, ...env } = process.env;
  const { code, output } = await run('npm', ['run', 'build', '--silent'], {
    cwd: path.join(root, part.folder),
    env: { ...env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (code !== 0) {
    say(`building ${part.name} failed:\n${output}`);
    return false;
  }
  if (part.prune) pruneOutputs(part, sinceMs);
  writeStamp(part, inputs);
  say(`built ${part.name} in ${secondsSince(startedMs)}`);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  if (!(await prepare(names.length > 0 ? names : undefined))) process.exitCode = 1;
}
