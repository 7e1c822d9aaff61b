import fs from 'node:fs';
import path from 'node:path';
import { root } from './parts.mjs';

/**
 * Phrases that need a second reading, and what to write instead. They may be anywhere in a text; the
 * `opening` ones count only where a comment or a test's name begins. Keep the list short.
 *
 * @type {{ name: string, pattern: RegExp, instead: string, opening?: true }[]}
 */
const PHRASES = [
  { name: 'anew', pattern: /\banew\b/i, instead: '"again", or the verb with "re"' },
  {
    name: 'whoever',
    pattern: /\bwho(ever|soever)\b/i,
    instead: '"anybody who", or name the person',
  },
  { name: 'stands in', pattern: /\bstands? (in|on|for itself)\b/i, instead: '"is in", "is on"' },
  {
    name: 'is none',
    pattern: /(?<!\bthere )\b(is|are) none\b/i,
    instead: '"there is no …", "does not exist"',
  },
  { name: 'at hand', pattern: /\b(at|to) hand\b/i, instead: '"available", "there"' },
  { name: 'be it', pattern: /\bbe it\b/i, instead: '"whether … or …"' },
  { name: 'tells of', pattern: /\b(tells?|told) of\b/i, instead: '"says", "shows", "reports"' },
  { name: 'unmake', pattern: /\bunma(ke|de)\b/i, instead: '"revoke", "remove", "undo"' },
  { name: 'is told', pattern: /\b(is|are|was|were) told\b/i, instead: '"gets", "receives"' },
  { name: 'goes by', pattern: /\b(goes?|went) by\b/i, instead: '"uses", "follows"' },
  {
    name: 'lies in',
    pattern: /\b(lies?|lay) (in|at|about|beside|there|within|between)\b/i,
    instead: '"is in", "is between"',
  },
  { name: 'is to be', pattern: /\b(is|are|was|were) to be\b/i, instead: '"must", "should"' },
  { name: 'all the same', pattern: /\ball the same\b/i, instead: '"still", "anyway"' },
  { name: 'bears out', pattern: /\b(bears?|borne) (\w+ ){0,3}out\b/i, instead: '"supports"' },
  {
    name: 'of which',
    pattern: /(?<!\b(each|one) )\bof (which|whom)\b/i,
    instead: 'a second sentence, or "whose"',
  },
  { name: 'hand back', pattern: /\bhand(s|ed|ing)? back\b/i, instead: '"return", "give back"' },
  {
    name: 'what … is',
    pattern: /^(what|those|who) (is|are|was|were|has|have|had|can|may)\b[^?]*$/i,
    instead: 'the noun: "An execution that …"',
    opening: true,
  },
  {
    name: 'Of …',
    pattern: /^Of\b/,
    instead: 'the subject first: "The limit of …"',
    opening: true,
  },
  {
    name: 'Nor …',
    pattern: /^(Nor|Beside|Out of|None that)\b/,
    instead: 'a whole sentence that begins with its subject',
    opening: true,
  },
];

const EXTENSIONS = new Set(['.ts', '.tsx', '.mjs', '.css', '.md', '.yaml']);
const NOT_READ = new Set(['node_modules', 'dist', 'out', 'out-apart', '.next', '.git', '.xray']);
/** These files name the phrases. */
const NAMES_THEM = new Set(['plain-words.mjs', 'plain-words.test.ts', 'CONTRIBUTING.md']);
/** The first words of a comment or of a test's name. */
const OPENING = /(?:^\s*(?:\/\*\*|\*|\/\/|#)|\b(?:test|describe|it)(?:\.\w+)*\(['"`])\s*(.*)$/;

/**
 * Finds each phrase in the texts of the clone.
 *
 * @param {string} [folder] of the clone
 * @returns {Record<string, string[]>} by a phrase's name, the places as file:line
 */
export function mannered(folder = root) {
  /** @type {Record<string, string[]>} */
  const places = Object.fromEntries(PHRASES.map(({ name }) => [name, []]));
  for (const file of textFiles(folder)) {
    const name = path.relative(folder, file);
    for (const [index, line] of fs.readFileSync(file, 'utf8').split('\n').entries()) {
      const opening = OPENING.exec(line)?.[1];
      for (const { name: phrase, pattern, opening: isOpening } of PHRASES) {
        const text = isOpening ? opening : line;
        if (text !== undefined && pattern.test(text)) places[phrase].push(`${name}:${index + 1}`);
      }
    }
  }
  return places;
}

/**
 * Finds phrases that occur more often than allowed.
 *
 * @param {Record<string, string[]>} places
 * @param {Record<string, number>} allowed by a phrase's name
 */
export function tooMannered(places, allowed) {
  return PHRASES.flatMap(({ name, instead }) => {
    const found = places[name] ?? [];
    const most = allowed[name] ?? 0;
    if (found.length <= most) return [];
    return [
      `"${name}" is there ${found.length} times, ${most} at most. Write ${instead}.\n  ${found.join('\n  ')}`,
    ];
  });
}

function textFiles(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_READ.has(entry.name) ? [] : textFiles(full);
    const isRead = EXTENSIONS.has(path.extname(entry.name)) && !NAMES_THEM.has(entry.name);
    return isRead ? [full] : [];
  });
}
