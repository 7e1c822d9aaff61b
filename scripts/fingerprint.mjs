import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { parts, root } from './parts.mjs';

const stampFolder = path.join(root, 'node_modules', '.x-ray');

// Entries of a part's folder that do not affect its build.
const NOT_AN_INPUT = new Set([
  'node_modules',
  'dist',
  'out',
  'out-apart',
  '.next',
  '.xray',
  'test',
  'coverage',
  'next-env.d.ts',
  'vitest.config.ts',
  '__pycache__',
]);

/**
 * SHA-256 over the inputs of a part: its files, the shared settings, the locked dependencies, and the
 * inputs of the parts that it needs.
 *
 * @param {import('./parts.mjs').Part} part
 */
export function inputsOf(part) {
  const hash = createHash('sha256');
  hash.update(process.versions.node.split('.')[0] ?? '');
  for (const file of [
    path.join(root, 'tsconfig.base.json'),
    path.join(root, 'package-lock.json'),
  ]) {
    addFile(hash, file);
  }
  for (const place of [part.folder, ...(part.alsoReads ?? [])]) {
    for (const file of filesUnder(path.join(root, place), isInput)) addFile(hash, file);
  }
  for (const need of part.needs) {
    const needed = parts.find(({ name }) => name === need);
    if (needed) hash.update(inputsOf(needed));
  }
  return hash.digest('hex');
}

/**
 * SHA-256 over names, sizes and times of a part's outputs, to recognize a manual build or deleted files.
 * Null if an output is missing.
 *
 * @param {import('./parts.mjs').Part} part
 */
function outputsOf(part) {
  const hash = createHash('sha256');
  for (const output of part.outputs) {
    const folder = path.join(root, part.folder, output);
    if (!fs.existsSync(folder)) return null;
    for (const file of filesUnder(folder, () => true)) {
      const { size, mtimeMs } = fs.statSync(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\0`);
    }
  }
  return hash.digest('hex');
}

/** @param {import('./parts.mjs').Part} part */
export function isFresh(part) {
  const stamp = readStamp(part);
  return stamp !== null && stamp.inputs === inputsOf(part) && stamp.outputs === outputsOf(part);
}

/**
 * @param {import('./parts.mjs').Part} part
 * @param {string} inputs the result of `inputsOf` before the build began
 */
export function writeStamp(part, inputs) {
  fs.mkdirSync(stampFolder, { recursive: true });
  fs.writeFileSync(stampFile(part), JSON.stringify({ inputs, outputs: outputsOf(part) }));
}

/** @param {import('./parts.mjs').Part} part */
export function removeStamp(part) {
  fs.rmSync(stampFile(part), { force: true });
}

/**
 * Deletes outputs that the build since `sinceMs` did not write. Their sources no longer exist.
 *
 * @param {import('./parts.mjs').Part} part
 * @param {number} sinceMs
 */
export function pruneOutputs(part, sinceMs) {
  for (const output of part.outputs) {
    for (const file of filesUnder(path.join(root, part.folder, output), () => true)) {
      if (fs.statSync(file).mtimeMs < sinceMs) fs.rmSync(file);
    }
  }
}

function stampFile(part) {
  return path.join(stampFolder, `${part.name}.json`);
}

function readStamp(part) {
  try {
    return JSON.parse(fs.readFileSync(stampFile(part), 'utf8'));
  } catch {
    return null;
  }
}

function isInput(name) {
  return !NOT_AN_INPUT.has(name) && !/\.(md|tsbuildinfo)$|^\.env/.test(name);
}

function addFile(hash, file) {
  hash.update(`${path.relative(root, file)}\0`);
  hash.update(fs.readFileSync(file));
}

function* filesUnder(folder, accepts) {
  if (!fs.existsSync(folder)) return;
  if (fs.statSync(folder).isFile()) {
    yield folder;
    return;
  }
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (!accepts(entry.name)) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(full, accepts);
    else if (entry.isFile()) yield full;
  }
}
