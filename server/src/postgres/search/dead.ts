import { ERASED, versionOf, type Directory } from '../../segments/directory.js';
import type { SearchRange, SearchStore } from './search-store.js';
import { SegmentGone } from './index-reader.js';

/** For fewer rows, checking each row is faster than reading the outdated versions first. */
const FEW = 500;
/** With more outdated versions than this, every row is checked. */
const MAX_OUTDATED = 10_000;
/** Rows that one statement checks. */
const ASKED_AT_ONCE = 10_000;

/**
 * Places of outdated versions in a range, of executions that were replaced or deleted. Throws
 * SegmentGone.
 */
export async function deadAmong(
  store: SearchStore,
  range: SearchRange,
  segments: number[],
  versions: Directory,
): Promise<Set<number>> {
  if (versions.ids.length <= FEW) return await askRows(store, versions);
  const outdated = await store.readOutdated(range, segments, MAX_OUTDATED + 1);
  if (outdated === undefined) throw new SegmentGone();
  if (outdated.length > MAX_OUTDATED) return await askRows(store, versions);
  const names = new Set(outdated.map(versionOf));
  const known = new Set(outdated.map(({ id }) => id)).add(ERASED);
  const dead = new Set<number>();
  const { ids, checks } = versions;
  for (let place = 0; place < ids.length; place++) {
    const id = ids[place] ?? ERASED;
    if (!known.has(id)) continue;
    if (id === ERASED || names.has(versionOf({ id, check: checks[place] ?? 0 }))) dead.add(place);
  }
  return dead;
}

async function askRows(store: SearchStore, { ids, checks }: Directory): Promise<Set<number>> {
  const dead = new Set<number>();
  for (let first = 0; first < ids.length; first += ASKED_AT_ONCE) {
    const batch = Array.from(ids.subarray(first, first + ASKED_AT_ONCE), (id, place) => ({
      id,
      check: checks[first + place] ?? 0,
    }));
    for (const place of await store.findDead(batch)) dead.add(first + place);
  }
  return dead;
}
