/** The version of the encoding, the terms and the names. Segments of another format are built again. */
export const SEGMENT_FORMAT = 3;

export const DIRECTORY = 0;
export const TERMS = 1;
export const CANDIDATES = 2;

export interface Block {
  kind: typeof DIRECTORY | typeof TERMS | typeof CANDIDATES;
  /** Directory blocks are numbered in order, other blocks by the highest bits of the hash. */
  number: number;
  body: Uint8Array;
}

/** The fate of a candidate at a step. The candidate blocks contain its code. */
export interface Fate {
  pipeline: string;
  step: string;
  outcome: string;
  reason: string | null;
}

/** The facts of a segment that need no block. */
export interface SegmentHead {
  executions: number;
  /** In ms since the epoch, of the first and the last execution. */
  fromAt: number;
  toAt: number;
  /** `at` of the first execution of each block of the directory. */
  starts: number[];
  /** The number of hash bits that form the number of a block. */
  bits: { terms: number; candidates: number };
  /** Bytes of all blocks. */
  bytes: { terms: number; candidates: number };
  fates: Fate[];
}

const BLOCK_BYTES = 10 * 1024;
const MAX_BITS = 16;

/** The number of bits with which blocks have about the usual size. */
export function bitsFor(bytes: number): number {
  return Math.min(MAX_BITS, Math.max(0, Math.ceil(Math.log2(bytes / BLOCK_BYTES))));
}

export function blockNumber(hash: number, bits: number): number {
  return bits === 0 ? 0 : hash >>> (32 - bits);
}

/** Fates by number, each once. */
export class Fates {
  readonly list: Fate[] = [];
  readonly #codes = new Map<string, number>();
  /** The codes by object. Callers ask often, and always with the same few objects. */
  readonly #codesByObject = new Map<Fate, number>();

  codeOf(fate: Fate): number {
    const known = this.#codesByObject.get(fate);
    if (known !== undefined) return known;
    const code = this.#codeOfContent(fate);
    this.#codesByObject.set(fate, code);
    return code;
  }

  #codeOfContent(fate: Fate): number {
    const key = JSON.stringify([fate.pipeline, fate.step, fate.outcome, fate.reason]);
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    this.#codes.set(key, this.list.length);
    return this.list.push(fate) - 1;
  }
}
