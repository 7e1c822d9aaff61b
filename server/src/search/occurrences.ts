import { DIRECTORY_BLOCK, entryAt, type Entry } from '../segments/directory.js';
import type { Fate } from '../segments/segment.js';
import type { SearchStore } from '../store/search-store.js';
import type { OpenIndex, Part } from './index-reader.js';

/** One place in a part, with what became of the candidate there where it is one's. */
interface Occurrence {
  entry: Entry;
  fate: Fate | undefined;
}

/** Blocks of directories that are read at a time. */
const MAX_BLOCKS = 256;

/**
 * Everything that `found` gives of each part, within a range and of executions that are still as they
 * were indexed, newest first. Throws SegmentGone.
 */
export async function occurrencesOf(
  store: SearchStore,
  index: OpenIndex,
  found: (part: Part) => { place: number; code?: number }[],
  range: { from: number; to: number },
): Promise<Occurrence[]> {
  const occurrences: Occurrence[] = [];
  for (const group of groupsOf(index.parts, found, range)) {
    const missing = group.flatMap(({ part, number }) =>
      part.directory(number) === undefined ? [part.missing(number)] : [],
    );
    if (missing.length > 0) await index.load(missing);
    for (const { part, number, hits } of group) {
      const directory = part.directory(number);
      if (directory === undefined) continue;
      for (const { place, code } of hits) {
        const entry = entryAt(directory, place % DIRECTORY_BLOCK);
        if (entry.id === 0 || entry.at < range.from || entry.at >= range.to) continue;
        if (!part.isCurrent(entry)) continue;
        occurrences.push({ entry, fate: code === undefined ? undefined : part.head.fates[code] });
      }
    }
  }
  const dead = await store.findDead(occurrences.map(({ entry }) => entry));
  return occurrences
    .filter((_, place) => !dead.has(place))
    .sort((a, b) => b.entry.at - a.entry.at || b.entry.id - a.entry.id);
}

interface BlockHits {
  part: Part;
  number: number;
  hits: { place: number; code?: number }[];
}

/** What was found by the blocks of the directories that are needed for it, some at a time. */
function* groupsOf(
  parts: Part[],
  found: (part: Part) => { place: number; code?: number }[],
  { from, to }: { from: number; to: number },
): Generator<BlockHits[]> {
  let group: BlockHits[] = [];
  for (const part of parts) {
    const { starts, toAt } = part.head;
    const byBlock = new Map<number, BlockHits>();
    for (const hit of found(part)) {
      const number = Math.floor(hit.place / DIRECTORY_BLOCK);
      const isOutside = (starts[number] ?? 0) >= to || (starts[number + 1] ?? toAt) < from;
      if (isOutside) continue;
      const own = byBlock.get(number);
      if (own === undefined) byBlock.set(number, { part, number, hits: [hit] });
      else own.hits.push(hit);
    }
    group.push(...byBlock.values());
    if (group.length < MAX_BLOCKS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
