import { DIRECTORY_BLOCK, versionOf } from '../segments/directory.js';
import type { Fate } from '../segments/segment.js';
import type { SearchRange, SearchStore } from '../store/search-store.js';
import { SegmentGone, type OpenIndex, type Part } from './index-reader.js';

/**
 * Places in the index where something was found, in no order: parallel arrays, since there can be a hundred
 * thousand. An execution can stand there several times, one after the other.
 */
export interface Occurrences {
  ids: number[];
  /** ms since the epoch. */
  ats: number[];
  /** What became of the candidate there; empty where none was looked for. */
  fates: Fate[];
}

/** Where a part has what is looked for; the code of its fate where that is a candidate. */
type Hit = { place: number; code?: number };

/** Blocks of directories that are read at a time. */
const MAX_BLOCKS = 256;
/** So many rows are asked sooner than it is known which versions are outdated. */
const FEW = 500;
/** With more outdated versions than that every row is asked. */
const MAX_OUTDATED = 10_000;

/**
 * Everything that `found` gives of each part, within a range and of executions that are still as they
 * were indexed. Throws SegmentGone.
 */
export async function occurrencesOf(
  store: SearchStore,
  index: OpenIndex,
  found: (part: Part) => Hit[],
  range: SearchRange,
): Promise<Occurrences> {
  const all: Versions = { ids: [], ats: [], fates: [], checks: [] };
  for (const group of groupsOf(index.parts, found, range)) {
    const missing = group.flatMap(({ part, number }) =>
      part.directory(number) === undefined ? [part.missing(number)] : [],
    );
    if (missing.length > 0) await index.load(missing);
    for (const { part, number, hits } of group) addHits(all, part, number, hits, range);
  }
  const dead = await deadAmong(store, index, all, range);
  return dead.size === 0 ? all : without(all, dead);
}

interface Versions extends Occurrences {
  checks: number[];
}

function addHits(
  { ids, ats, fates, checks }: Versions,
  part: Part,
  number: number,
  hits: Hit[],
  { from, to }: SearchRange,
): void {
  const directory = part.directory(number);
  if (directory === undefined) return;
  for (const { place, code } of hits) {
    const within = place % DIRECTORY_BLOCK;
    const id = directory.ids[within] ?? 0;
    const at = directory.ats[within] ?? 0;
    const check = directory.checks[within] ?? 0;
    if (id === 0 || at < from || at >= to || !part.isCurrent({ id, check })) continue;
    const fate = code === undefined ? undefined : part.head.fates[code];
    if (code !== undefined && fate === undefined) continue;
    ids.push(id);
    ats.push(at);
    checks.push(check);
    if (fate !== undefined) fates.push(fate);
  }
}

/** The places of versions that are none any more. Throws SegmentGone. */
async function deadAmong(
  store: SearchStore,
  index: OpenIndex,
  { ids, ats, checks }: Versions,
  range: SearchRange,
): Promise<Set<number>> {
  const askRows = (): Promise<Set<number>> =>
    store.findDead(
      ids.map((id, place) => ({ id, at: ats[place] ?? 0, check: checks[place] ?? 0 })),
    );
  if (ids.length <= FEW) return await askRows();
  const outdated = await store.readOutdated(range, index.segments, MAX_OUTDATED + 1);
  if (outdated === undefined) throw new SegmentGone();
  if (outdated.length > MAX_OUTDATED) return await askRows();
  const dead = new Set<number>();
  if (outdated.length === 0) return dead;
  const versions = new Set(outdated.map(versionOf));
  const known = new Set(outdated.map(({ id }) => id));
  for (const [place, id] of ids.entries()) {
    if (known.has(id) && versions.has(versionOf({ id, check: checks[place] ?? 0 })))
      dead.add(place);
  }
  return dead;
}

function without({ ids, ats, fates }: Occurrences, dead: ReadonlySet<number>): Occurrences {
  const isAlive = (_: unknown, place: number): boolean => !dead.has(place);
  return { ids: ids.filter(isAlive), ats: ats.filter(isAlive), fates: fates.filter(isAlive) };
}

interface BlockHits {
  part: Part;
  number: number;
  hits: Hit[];
}

/** What was found by the blocks of the directories that are needed for it, some at a time. */
function* groupsOf(
  parts: Part[],
  found: (part: Part) => Hit[],
  { from, to }: SearchRange,
): Generator<BlockHits[]> {
  let group: BlockHits[] = [];
  for (const part of parts) {
    const { starts, toAt } = part.head;
    let own: BlockHits | undefined;
    // Hits ascend, and so do the blocks.
    for (const hit of found(part)) {
      const number = Math.floor(hit.place / DIRECTORY_BLOCK);
      if (own?.number !== number) {
        const isOutside = (starts[number] ?? 0) >= to || (starts[number + 1] ?? toAt) < from;
        own = { part, number, hits: [] };
        if (!isOutside) group.push(own);
      }
      own.hits.push(hit);
    }
    if (group.length < MAX_BLOCKS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
