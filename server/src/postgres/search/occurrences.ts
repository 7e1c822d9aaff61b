import { DIRECTORY_BLOCK, ERASED, type Directory } from '../../segments/directory.js';
import { Fates, type Fate } from '../../segments/segment.js';
import type { SearchRange, SearchStore } from './search-store.js';
import { deadAmong } from './dead.js';
import type { OpenIndex, Part } from './index-reader.js';

/**
 * Places of hits in the index, in no order. They are parallel arrays, because there can be a
 * hundred thousand. An execution can occur several times in a row.
 */
export interface Occurrences {
  ids: Float64Array;
  /** ms since the epoch. */
  ats: Float64Array;
  /** The candidate's fate, as an index of `fates`; empty if the search was not for a candidate. */
  codes: Uint32Array;
  /** Each fate once. */
  fates: Fate[];
}

/** The matching places of a part, ascending. For a candidate, with the code of each fate. */
interface Places {
  places: ArrayLike<number>;
  codes?: ArrayLike<number>;
}

/** Directory blocks that are read at a time. */
const MAX_BLOCKS = 256;

/**
 * All places that `found` returns for each part, within a range, for executions that have not
 * changed since they were indexed. Throws SegmentGone.
 */
export async function occurrencesOf(
  store: SearchStore,
  index: OpenIndex,
  found: (part: Part) => Places,
  range: SearchRange,
): Promise<Occurrences> {
  const hits = index.parts.map((part): PartPlaces => ({ part, ...found(part), known: [] }));
  const all = new Versions(hits.reduce((sum, { places }) => sum + places.length, 0));
  for (const group of groupsOf(hits, range)) {
    const missing = group.flatMap(({ from: { part }, number }) =>
      part.directory(number) === undefined ? [part.missing(number)] : [],
    );
    if (missing.length > 0) await index.load(missing);
    for (const block of group) all.add(block, range);
  }
  const versions = all.take();
  const dead = await deadAmong(store, range, index.segments, versions);
  return dead.size === 0 ? versions : without(versions, dead);
}

/** The occurrences so far, with room for the possible maximum. */
class Versions {
  readonly #ids: Float64Array;
  readonly #ats: Float64Array;
  readonly #checks: Uint32Array;
  readonly #codes: Uint32Array;
  readonly #fates = new Fates();
  #size = 0;

  constructor(most: number) {
    this.#ids = new Float64Array(most);
    this.#ats = new Float64Array(most);
    this.#checks = new Uint32Array(most);
    this.#codes = new Uint32Array(most);
  }

  add({ from: hits, number, first, end }: BlockPlaces, { from, to }: SearchRange): void {
    const { part, places, codes } = hits;
    const directory = part.directory(number);
    if (directory === undefined) return;
    for (let hit = first; hit < end; hit++) {
      const within = (places[hit] ?? 0) % DIRECTORY_BLOCK;
      const id = directory.ids[within] ?? ERASED;
      const at = directory.ats[within] ?? 0;
      const check = directory.checks[within] ?? 0;
      if (id === ERASED || at < from || at >= to) continue;
      if (part.isCurrent?.({ id, check }) === false) continue;
      if (codes !== undefined) this.#codes[this.#size] = this.#codeOf(hits, codes[hit] ?? 0);
      this.#ids[this.#size] = id;
      this.#ats[this.#size] = at;
      this.#checks[this.#size] = check;
      this.#size++;
    }
  }

  take(): Occurrences & Directory {
    const size = this.#size;
    const fates = this.#fates.list;
    return {
      ids: this.#ids.subarray(0, size),
      ats: this.#ats.subarray(0, size),
      checks: this.#checks.subarray(0, size),
      codes: this.#codes.subarray(0, fates.length === 0 ? 0 : size),
      fates,
    };
  }

  /** The index in `fates` of a part's fate code. */
  #codeOf({ part, known }: PartPlaces, code: number): number {
    const fate = part.head.fates[code];
    if (fate === undefined) throw new Error(`a segment has no fate of code ${code}`);
    return (known[code] ??= this.#fates.codeOf(fate));
  }
}

function without({ ids, ats, codes, fates }: Occurrences, dead: ReadonlySet<number>): Occurrences {
  const isAlive = (_: unknown, place: number): boolean => !dead.has(place);
  return {
    ids: ids.filter(isAlive),
    ats: ats.filter(isAlive),
    codes: codes.filter(isAlive),
    fates,
  };
}

interface PartPlaces extends Places {
  part: Part;
  /** Maps the part's fate codes to indices of `fates`, for the codes used so far. */
  known: number[];
}

/** The part's places in one block of its directory: from `first` up to `end`. */
interface BlockPlaces {
  from: PartPlaces;
  number: number;
  first: number;
  end: number;
}

/** The occurrences, a few directory blocks at a time. */
function* groupsOf(found: PartPlaces[], { from, to }: SearchRange): Generator<BlockPlaces[]> {
  let group: BlockPlaces[] = [];
  for (const hits of found) {
    const { places, part } = hits;
    const { starts, toAt } = part.head;
    for (let first = 0, end = 0; first < places.length; first = end) {
      const number = Math.floor((places[first] ?? 0) / DIRECTORY_BLOCK);
      const next = (number + 1) * DIRECTORY_BLOCK;
      while (end < places.length && (places[end] ?? 0) < next) end++;
      const isOutside = (starts[number] ?? 0) >= to || (starts[number + 1] ?? toAt) < from;
      if (!isOutside) group.push({ from: hits, number, first, end });
    }
    if (group.length < MAX_BLOCKS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
