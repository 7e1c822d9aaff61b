import { DIRECTORY_BLOCK, ERASED, entryAt, type Entry } from '../../segments/directory.js';
import type { WantedBlock } from './search-store.js';
import type { OpenIndex, Part } from './index-reader.js';

/** The place of an execution in the order of a search. */
export interface Place {
  /** ms since the epoch. */
  at: number;
  id: number;
}

export function isOlder(a: Place, b: Place): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id);
}

/** The bounds of a walk from the newest to the oldest, in ms since the epoch. */
export interface Walk {
  from: number;
  to: number;
  /** The last place of the previous page. */
  before: Place | undefined;
}

/** Walks the places found in the parts of an index, newest first, by (at, id). */
export class Hits {
  readonly #index: OpenIndex;
  readonly #walk: Walk;
  readonly #parts: PartHits[];
  #lastId = 0;

  constructor(index: OpenIndex, placesIn: (part: Part) => Uint32Array, walk: Walk) {
    this.#index = index;
    this.#walk = walk;
    this.#parts = index.parts.map((part) => new PartHits(part, placesIn(part), walk));
  }

  /** An upper bound of the remaining hits. */
  get size(): number {
    return this.#parts.reduce((sum, part) => sum + part.size, 0);
  }

  /** The next hits; an empty list at the end. Throws SegmentGone. */
  async next(count: number): Promise<Entry[]> {
    const found: Entry[] = [];
    while (found.length < count) {
      const newest = newestOf(this.#parts);
      if (newest === undefined) break;
      const entry = newest.take();
      if (entry === undefined) {
        await this.#load(this.#parts.filter((part) => part.mayBeat(newest)));
        continue;
      }
      // Two versions of one execution are neighbours, unless the time changed.
      if (entry.id === this.#lastId || !this.#isMeant(entry)) continue;
      this.#lastId = entry.id;
      found.push(entry);
    }
    return found;
  }

  async #load(parts: PartHits[]): Promise<void> {
    const missing = parts.flatMap((part) => part.missing() ?? []);
    if (missing.length > 0) await this.#index.load(missing);
    for (const part of parts) part.fill();
  }

  #isMeant({ at, id }: Entry): boolean {
    const { from, to, before } = this.#walk;
    if (at < from || at >= to) return false;
    return before === undefined || isOlder({ at, id }, before);
  }
}

function newestOf(parts: PartHits[]): PartHits | undefined {
  let newest: PartHits | undefined;
  for (const part of parts) {
    if (part.size > 0 && (newest === undefined || part.isNewerThan(newest))) newest = part;
  }
  return newest;
}

/** The hits of one part. It loads the hits of one directory block at a time. */
class PartHits {
  readonly #part: Part;
  readonly #places: Uint32Array;
  readonly #from: number;
  /** How many of the first places are not loaded yet. */
  #left: number;
  /** Loaded hits, ascending. */
  #ready: Entry[] = [];

  constructor(part: Part, places: Uint32Array, { from, to }: Walk) {
    this.#part = part;
    this.#places = places;
    this.#from = from;
    const late = part.head.starts.findIndex((start) => start >= to);
    this.#left = late < 0 ? places.length : countBelow(places, late * DIRECTORY_BLOCK);
  }

  get size(): number {
    return this.#ready.length + this.#left;
  }

  /** The time of the next hit, or an upper bound of it. */
  get #next(): Place {
    const entry = this.#ready.at(-1);
    if (entry !== undefined) return entry;
    const { starts, toAt } = this.#part.head;
    return { at: Math.min(starts[this.#block() + 1] ?? Infinity, toAt), id: Infinity };
  }

  isNewerThan(other: PartHits): boolean {
    return isOlder(other.#next, this.#next);
  }

  /**
   * Whether this part has nothing loaded, but its next hit could be newer than the other part's.
   */
  mayBeat(other: PartHits): boolean {
    return this.size > 0 && this.#ready.length === 0 && this.#next.at >= other.#next.at;
  }

  take(): Entry | undefined {
    return this.#ready.pop();
  }

  missing(): WantedBlock | undefined {
    const number = this.#block();
    return this.#part.directory(number) === undefined ? this.#part.missing(number) : undefined;
  }

  fill(): void {
    const number = this.#block();
    const directory = this.#part.directory(number);
    if (directory === undefined) return;
    const first = countBelow(this.#places, number * DIRECTORY_BLOCK);
    this.#ready = Array.from(this.#places.subarray(first, this.#left), (place) =>
      entryAt(directory, place % DIRECTORY_BLOCK),
    ).filter((entry) => entry.id !== ERASED && this.#part.isCurrent?.(entry) !== false);
    // Everything before it is even older.
    this.#left = (directory.ats[0] ?? 0) < this.#from ? 0 : first;
  }

  #block(): number {
    return Math.floor((this.#places[this.#left - 1] ?? 0) / DIRECTORY_BLOCK);
  }
}

/** How many of the ascending places are below `limit`. */
function countBelow(places: Uint32Array, limit: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
