import './node-version.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './parts.mjs';

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/**
 * Finds optional packages that a lockfile names without an entry. npm omits packages that the registry in
 * use does not serve (a mirror may lack other platforms' binaries). Then `npm ci` refuses the lockfile on
 * every machine: https://github.com/npm/cli/issues/4828.
 *
 * @param {Record<string, { optionalDependencies?: Record<string, string> }>} packages
 * @returns {{ name: string, version: string, dev: boolean }[]}
 */
export function missingFrom(packages) {
  const missing = new Map();
  for (const [place, { optionalDependencies = {}, dev = false }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (placesFor(place, name).some((candidate) => candidate in packages)) continue;
      missing.set(name, { name, version, dev });
    }
  }
  return [...missing.values()];
}

/**
 * Makes an entry that installs only on the platform in its name. It has no integrity, because the package
 * cannot be downloaded here. npm adds that when it installs the package.
 *
 * @param {{ name: string, version: string, dev: boolean }} missing
 */
export function entryFor({ name, version, dev }) {
  const words = name.split('/').at(-1)?.split('-') ?? [];
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const libc = os.includes('linux') ? words.flatMap((word) => LIBRARIES[word] ?? []) : [];
  if (!/^\d+\.\d+\.\d+/.test(version) || cpu.length !== 1) {
    throw new Error(`${name}@${version} has no platform in its name.`);
  }
  return {
    version,
    cpu,
    ...(dev && { dev }),
    ...(libc.length > 0 && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

/** The places where Node would look for a package, nearest first. */
function placesFor(place, name) {
  const places = [];
  for (let folder = place; ; folder = folder.slice(0, folder.lastIndexOf('/'))) {
    if (!folder.endsWith('node_modules')) {
      places.push(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`);
    }
    if (!folder.includes('/')) break;
  }
  return [...places, `node_modules/${name}`];
}

/** Lockfiles of packages with builds for several platforms. */
const LOCKFILES = ['package-lock.json', 'server/test/clickhouse/engine/package-lock.json'];

/** Returns the packages without an entry. Unless it only checks, it adds their entries. */
function complete(name, isCheck) {
  const file = path.join(root, name);
  const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
  const missing = missingFrom(lock.packages);
  if (!isCheck && missing.length > 0) {
    for (const one of missing) lock.packages[`node_modules/${one.name}`] = entryFor(one);
    const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
    lock.packages = Object.fromEntries(sorted);
    fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  }
  return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isCheck = process.argv.includes('--check');
  for (const file of LOCKFILES) {
    const missing = complete(file, isCheck);
    const names = missing.map(({ name, version }) => `${name}@${version}`).join('\n  ');
    if (missing.length === 0) console.log(`${file} is complete.`);
    else if (!isCheck) console.log(`Added to ${file}:\n  ${names}`);
    else {
      console.log(
        `${file} has no entry for these, and npm ci would refuse it:\n  ${names}\n` +
          'Run: node scripts/complete-lockfile.mjs',
      );
      process.exitCode = 1;
    }
  }
}
