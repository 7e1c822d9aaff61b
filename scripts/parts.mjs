import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The parts that are built: the folder, the other parts that they need, and the outputs. `npm run build` in
 * the folder builds the part. `alsoReads` are files of other folders that the build reads.
 *
 * @typedef {{
 *   name: string, folder: string, needs: string[], outputs: string[], prune?: boolean, alsoReads?: string[]
 * }} Part
 * @type {Part[]}
 */
export const parts = [
  { name: 'core', folder: 'packages/core', needs: [], outputs: ['dist'], prune: true },
  { name: 'otlp', folder: 'packages/otlp', needs: ['core'], outputs: ['dist'], prune: true },
  { name: 'proof', folder: 'packages/proof', needs: [], outputs: ['dist'], prune: true },
  {
    name: 'sdk',
    folder: 'packages/xray-sdk',
    needs: [],
    outputs: ['dist', 'out'],
    // The server serves the wheel of the Python SDK beside the package.
    alsoReads: ['packages/xray-python/src', 'packages/xray-python/pyproject.toml'],
  },
  { name: 'server', folder: 'server', needs: ['core', 'otlp', 'proof'], outputs: ['dist'] },
  { name: 'dashboard', folder: 'apps/dashboard', needs: ['core'], outputs: ['out'] },
  { name: 'examples', folder: 'examples', needs: ['sdk'], outputs: ['dist'], prune: true },
  {
    name: 'replay',
    folder: 'packages/replay',
    needs: ['core', 'sdk'],
    outputs: ['dist'],
    prune: true,
  },
];

/** Their tests take minutes, so `npm test` begins with them and both cores have work until the end. */
const LONGEST = ['server', 'e2e', 'sdk', 'python'];

/** Folders with a vitest.config.ts, in the order in which `npm test` runs them. */
export const testParts = [
  { name: 'scripts', folder: 'scripts' },
  { name: 'e2e', folder: 'e2e' },
  { name: 'python', folder: 'packages/xray-python' },
  ...parts.map(({ name, folder }) => ({ name, folder })),
].toSorted((a, b) => rank(a.name) - rank(b.name));

/** @param {string} name */
function rank(name) {
  return LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length;
}

/**
 * The named parts and the parts that they need, in the order of building.
 *
 * @param {string[]} names
 * @returns {Part[]}
 */
export function partsFor(names) {
  const wanted = new Set();
  const add = (name) => {
    const part = parts.find((candidate) => candidate.name === name);
    if (!part) {
      throw new Error(
        `There is no part "${name}"; there are ${parts.map((p) => p.name).join(', ')}.`,
      );
    }
    for (const need of part.needs) add(need);
    wanted.add(name);
  };
  for (const name of names) add(name);
  return parts.filter((part) => wanted.has(part.name));
}
