import fs from 'node:fs';
import path from 'node:path';
import { root } from './parts.mjs';

const NOT_READ = new Set(['node_modules', 'dist', 'out', 'out-apart', '.next', '.git', '.xray']);
/** A build, an install or a person creates these, so a fresh clone does not have them. */
const IS_MADE = /(^|\/)(dist|out|out-apart|node_modules|\.next|\.env(\.local)?)(\/|$)/;
const LINK = /\]\(([^)\s]+)\)/g;
/** A word in code that may be a path. A path begins with a folder of the clone. */
const WORD = /[\w@.][\w@./-]*/g;

/**
 * Finds paths in Markdown files that do not exist in the clone: targets of links, and words that begin with
 * a folder of the clone.
 *
 * @param {string} [folder] of the clone
 * @returns {string[]} a line for each
 */
export function missingPaths(folder = root) {
  const folders = fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_READ.has(entry.name))
    .map(({ name }) => name);
  return markdownFiles(folder).flatMap((file) => {
    const text = fs.readFileSync(file, 'utf8');
    const exists = (place) => IS_MADE.test(place) || fs.existsSync(place);
    const missing = [...linksOf(text)]
      .map((target) => ({ target, place: path.resolve(path.dirname(file), target) }))
      .concat(
        [...pathsOf(text, folders)].map((target) => ({
          target,
          place: path.resolve(folder, target),
        })),
      )
      .filter(({ place }) => !exists(place));
    const name = path.relative(folder, file);
    return missing.map(({ target }) => `${name} names ${target}, which does not exist.`);
  });
}

function markdownFiles(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_READ.has(entry.name) ? [] : markdownFiles(full);
    return entry.name.endsWith('.md') ? [full] : [];
  });
}

function linksOf(text) {
  const targets = [...text.matchAll(LINK)].map(([, target]) => target.replace(/#.*$/, ''));
  return new Set(targets.filter((target) => target !== '' && !/^[a-z]+:|^\//.test(target)));
}

function pathsOf(text, folders) {
  const paths = new Set();
  // Links are relative to their page, and URLs are not files.
  const bare = text.replaceAll(LINK, ']').replaceAll(/\w+:\/\/[^\s`)]+/g, '');
  for (const [word] of bare.matchAll(WORD)) {
    const isPath = folders.some((name) => word.startsWith(`${name}/`));
    if (isPath) paths.add(word.replace(/[.,]+$/, ''));
  }
  return paths;
}
