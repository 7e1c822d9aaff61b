import { ByteReader, ByteWriter } from './bytes.js';
import { CANDIDATES, blockNumber, type Block } from './segment.js';
import { hashText } from './terms.js';

const SEED = 0x3c6ef372;

/** An appearance of a candidate: the execution's place in the directory, and the code of its fate. */
export interface Appearance {
  place: number;
  code: number;
}

/** Appearances, ascending by place. They are parallel arrays, because a popular candidate has tens of thousands. */
export interface Appearances {
  places: Uint32Array;
  codes: Uint32Array;
}

export function candidateHash(id: string): number {
  return hashText(id, SEED);
}

/** The order of candidates within a segment. */
export function compareCandidates(
  a: { hash: number; id: string },
  b: { hash: number; id: string },
): number {
  return a.hash - b.hash || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Writes candidates, in their order, into blocks. Each id is written in full, once. */
export class CandidateBlockWriter {
  readonly #bits: number;
  readonly #out = new ByteWriter(32 * 1024);
  readonly #list = new ByteWriter();
  readonly #blocks: Block[] = [];
  #number = -1;

  constructor(bits: number) {
    this.#bits = bits;
  }

  /** Appearances are in ascending order of place. */
  add(id: string, appearances: Appearance[]): void {
    const number = blockNumber(candidateHash(id), this.#bits);
    if (number !== this.#number) {
      this.#close();
      this.#number = number;
    }
    this.#list.clear();
    let last = 0;
    for (const { place, code } of appearances) {
      this.#list.varint(place - last);
      this.#list.varint(code);
      last = place;
    }
    const name = Buffer.from(id);
    this.#out.varint(name.length);
    this.#out.bytes(name);
    this.#out.varint(this.#list.length);
    this.#out.bytes(this.#list.view());
  }

  /** The complete blocks; called at the end of a range of blocks. */
  take(): Block[] {
    this.#close();
    this.#number = -1;
    return this.#blocks.splice(0);
  }

  #close(): void {
    if (this.#out.length === 0) return;
    this.#blocks.push({ kind: CANDIDATES, number: this.#number, body: this.#out.view().slice() });
    this.#out.clear();
  }
}

/** Reads the candidates of blocks one after another. */
export class CandidateBlockReader {
  readonly #blocks: Iterator<Uint8Array>;
  #reader = new ByteReader(new Uint8Array());
  /** The next candidate; undefined at the end. */
  current: { id: string; hash: number; list: Uint8Array } | undefined;

  constructor(blocks: Iterable<Uint8Array>) {
    this.#blocks = blocks[Symbol.iterator]();
    this.next();
  }

  next(): void {
    while (this.#reader.isAtEnd) {
      const { done, value } = this.#blocks.next();
      if (done === true) {
        this.current = undefined;
        return;
      }
      this.#reader = new ByteReader(value);
    }
    const id = textOf(this.#reader.bytes(this.#reader.varint()));
    const list = this.#reader.bytes(this.#reader.varint());
    this.current = { id, hash: candidateHash(id), list };
  }
}

export function eachAppearance(
  list: Uint8Array,
  visit: (place: number, code: number) => void,
): void {
  const reader = new ByteReader(list);
  let place = 0;
  while (!reader.isAtEnd) {
    place += reader.varint();
    visit(place, reader.varint());
  }
}

function readAppearances(list: Uint8Array): Appearances {
  // Each appearance takes at least two bytes.
  const most = list.length >> 1;
  const places = new Uint32Array(most);
  const codes = new Uint32Array(most);
  let size = 0;
  eachAppearance(list, (place, code) => {
    places[size] = place;
    codes[size++] = code;
  });
  return { places: places.subarray(0, size), codes: codes.subarray(0, size) };
}

/** The appearances of a candidate in its block. */
export function findCandidate(block: Uint8Array, id: string): Appearances {
  const wanted = Buffer.from(id);
  const reader = new ByteReader(block);
  while (!reader.isAtEnd) {
    const name = reader.bytes(reader.varint());
    const list = reader.bytes(reader.varint());
    if (name.length === wanted.length && wanted.equals(name)) return readAppearances(list);
  }
  return readAppearances(new Uint8Array());
}

/**
 * Returns the block without the appearances at some places, or undefined if it has no such place.
 */
export function withoutAppearances(
  block: Uint8Array,
  erased: ReadonlySet<number>,
): Uint8Array | undefined {
  const writer = new CandidateBlockWriter(0);
  let isChanged = false;
  for (const reader = new CandidateBlockReader([block]); reader.current; reader.next()) {
    const kept: Appearance[] = [];
    eachAppearance(reader.current.list, (place, code) => {
      if (erased.has(place)) isChanged = true;
      else kept.push({ place, code });
    });
    if (kept.length > 0) writer.add(reader.current.id, kept);
  }
  if (!isChanged) return undefined;
  return writer.take()[0]?.body ?? new Uint8Array();
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
