import { ByteReader, ByteWriter } from './bytes.js';
import { readPostings, skipPostings, writePostings } from './postings.js';
import { TERMS, blockNumber, type Block } from './segment.js';

/** Writes terms, in the order of their hashes, into blocks. */
export class TermBlockWriter {
  readonly #bits: number;
  readonly #out = new ByteWriter(32 * 1024);
  readonly #blocks: Block[] = [];
  #number = -1;
  #last = 0;

  constructor(bits: number) {
    this.#bits = bits;
  }

  /** Adds a term with the first `count` of `places`, which ascend. */
  add(hash: number, places: Uint32Array, count: number): void {
    const number = blockNumber(hash, this.#bits);
    if (number !== this.#number) {
      this.#close();
      this.#number = number;
      this.#last = 0;
    }
    this.#out.varint(hash - this.#last);
    this.#last = hash;
    writePostings(this.#out, places, count);
  }

  /** The complete blocks; called at the end of a range of blocks. */
  take(): Block[] {
    this.#close();
    this.#number = -1;
    return this.#blocks.splice(0);
  }

  #close(): void {
    if (this.#out.length === 0) return;
    this.#blocks.push({ kind: TERMS, number: this.#number, body: this.#out.view().slice() });
    this.#out.clear();
  }
}

/** Reads the terms of blocks one after another. */
export class TermBlockReader {
  readonly #blocks: Iterator<Uint8Array>;
  #reader = new ByteReader(new Uint8Array());
  /** The hash of the next term; undefined at the end. */
  hash: number | undefined = 0;

  constructor(blocks: Iterable<Uint8Array>) {
    this.#blocks = blocks[Symbol.iterator]();
    this.next();
  }

  /** Moves to the next term, after `places` or `skip` has passed this one. */
  next(): void {
    let last = this.hash ?? 0;
    while (this.#reader.isAtEnd) {
      const { done, value } = this.#blocks.next();
      if (done === true) {
        this.hash = undefined;
        return;
      }
      this.#reader = new ByteReader(value);
      last = 0;
    }
    this.hash = (last + this.#reader.varint()) >>> 0;
  }

  places(visit: (place: number) => void): void {
    readPostings(this.#reader, visit);
  }

  skip(): void {
    skipPostings(this.#reader);
  }
}

/** The places of a term in its block, ascending. */
export function findTerm(block: Uint8Array, hash: number): Uint32Array {
  const reader = new TermBlockReader([block]);
  while (reader.hash !== undefined && reader.hash < hash) {
    reader.skip();
    reader.next();
  }
  const places: number[] = [];
  if (reader.hash === hash) reader.places((place) => places.push(place));
  return Uint32Array.from(places);
}

/** Returns the block without some places, or undefined if it has none of them. */
export function withoutPlaces(
  block: Uint8Array,
  erased: ReadonlySet<number>,
): Uint8Array | undefined {
  const reader = new TermBlockReader([block]);
  const writer = new TermBlockWriter(0);
  let places = new Uint32Array(1024);
  let isChanged = false;
  while (reader.hash !== undefined) {
    let count = 0;
    reader.places((place) => {
      if (erased.has(place)) {
        isChanged = true;
        return;
      }
      if (count === places.length) places = grown(places);
      places[count++] = place;
    });
    if (count > 0) writer.add(reader.hash, places, count);
    reader.next();
  }
  if (!isChanged) return undefined;
  return writer.take()[0]?.body ?? new Uint8Array();
}

export function grown(places: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(places.length * 2);
  larger.set(places);
  return larger;
}
