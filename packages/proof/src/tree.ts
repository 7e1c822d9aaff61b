import { concat, equal } from './bytes.js';
import type { Hashes } from './hashes.js';

/** The Merkle tree of RFC 6962 (and RFC 9162): SHA-256, 0x00 before an entry, 0x01 before two nodes. */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export async function hashLeaves(hashes: Hashes, entries: Uint8Array[]): Promise<Uint8Array[]> {
  return await hashes.sha256(entries.map((entry) => concat(LEAF, entry)));
}

/** Hashes neighbours: the first with the second, the third with the fourth, … */
async function hashPairs(hashes: Hashes, nodes: Uint8Array[]): Promise<Uint8Array[]> {
  const messages = [];
  for (let i = 0; i + 1 < nodes.length; i += 2) {
    messages.push(concat(NODE, at(nodes, i), at(nodes, i + 1)));
  }
  return await hashes.sha256(messages);
}

async function hashPair(hashes: Hashes, a: Uint8Array, b: Uint8Array): Promise<Uint8Array> {
  return at(await hashes.sha256([concat(NODE, a, b)]), 0);
}

/** A tree that only grows. It keeps the roots of its full subtrees: one hash for each bit of its size. */
export class Frontier {
  #size: number;
  /** From the largest subtree to the smallest. */
  #roots: Uint8Array[];

  constructor(size = 0, roots: Uint8Array[] = []) {
    if (roots.length !== bitsOf(size)) throw new RangeError('roots do not fit the size');
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  get roots(): readonly Uint8Array[] {
    return this.#roots;
  }

  /**
   * Appends leaves. Whole levels are hashed with one call, so a large batch needs few calls.
   *
   * @param onNode called for each node that becomes complete: level 0 is a leaf, `index` counts within its level
   */
  async append(
    hashes: Hashes,
    leaves: Uint8Array[],
    onNode?: (level: number, index: number, hash: Uint8Array) => void,
  ): Promise<void> {
    if (leaves.length === 0) return;
    const roots = rootsByLevel(this.#size, this.#roots);
    let level = 0;
    let index = this.#size;
    let nodes = leaves;
    const next = new Map<number, Uint8Array>();
    for (;;) {
      for (const [i, node] of nodes.entries()) onNode?.(level, index + i, node);
      // An unpaired node on the left waits among the roots.
      const waiting = roots.get(level);
      if (waiting && index % 2 === 1) {
        nodes = [waiting, ...nodes];
        index -= 1;
        roots.delete(level);
      }
      const last = nodes.at(-1);
      if (nodes.length % 2 === 1 && last) next.set(level, last);
      if (nodes.length < 2) break;
      nodes = await hashPairs(hashes, nodes);
      index /= 2;
      level += 1;
    }
    for (const [kept, root] of roots) if (!next.has(kept)) next.set(kept, root);
    this.#size += leaves.length;
    this.#roots = [...next].toSorted(([a], [b]) => b - a).map(([, root]) => root);
  }

  /** The root of an empty tree is the hash of nothing. */
  async root(hashes: Hashes): Promise<Uint8Array> {
    const roots = this.#roots.toReversed();
    let root = roots[0] ?? at(await hashes.sha256([new Uint8Array()]), 0);
    for (const left of roots.slice(1)) root = await hashPair(hashes, left, root);
    return root;
  }
}

function rootsByLevel(size: number, roots: Uint8Array[]): Map<number, Uint8Array> {
  const byLevel = new Map<number, Uint8Array>();
  let next = roots.length;
  for (let level = 0, rest = size; rest > 0; level += 1, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) byLevel.set(level, at(roots, (next -= 1)));
  }
  return byLevel;
}

function bitsOf(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError('a size is a whole number');
  return [...size.toString(2)].filter((bit) => bit === '1').length;
}

/** A complete subtree: its 2^level leaves begin at index * 2^level. */
export interface Node {
  level: number;
  index: number;
}

/** Reads the hashes of complete subtrees, in order. */
export type ReadNodes = (nodes: Node[]) => Promise<Uint8Array[]>;

/** The complete subtrees that cover [from, to), from left to right. */
export function subtrees(from: number, to: number): Node[] {
  const nodes: Node[] = [];
  let start = from;
  while (start < to) {
    let level = 0;
    while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= to) level += 1;
    nodes.push({ level, index: start / 2 ** level });
    start += 2 ** level;
  }
  return nodes;
}

/** The ranges whose roots prove that leaf `index` is in a tree of `size` leaves, from the leaf upwards. */
function inclusionPath(index: number, size: number): [number, number][] {
  const path: [number, number][] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
    }
  }
  return path.toReversed();
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}

/** @returns the hashes from the leaf upwards (RFC 9162, section 2.1.3.1) */
export async function proveInclusion(
  hashes: Hashes,
  read: ReadNodes,
  index: number,
  size: number,
): Promise<Uint8Array[]> {
  if (index < 0 || index >= size) throw new RangeError('the leaf is not in a tree of this size');
  return await rootsOfRanges(hashes, read, inclusionPath(index, size));
}

/** @returns the proof that a tree of `size` leaves begins with the tree of `before` leaves (RFC 9162, 2.1.4.1) */
export async function proveConsistency(
  hashes: Hashes,
  read: ReadNodes,
  before: number,
  size: number,
): Promise<Uint8Array[]> {
  if (before < 0 || before > size) throw new RangeError('the earlier tree is the larger one');
  if (before === 0 || before === size) return [];
  const ranges: [number, number][] = [];
  let [from, to] = [0, size];
  while (before < to) {
    const middle = from + splitOf(to - from);
    if (before <= middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  // The verifier knows the earlier root, unless it is only a part of the earlier tree.
  if (from > 0) ranges.push([from, to]);
  return await rootsOfRanges(hashes, read, ranges.toReversed());
}

async function rootsOfRanges(
  hashes: Hashes,
  read: ReadNodes,
  ranges: [number, number][],
): Promise<Uint8Array[]> {
  const parts = ranges.map(([from, to]) => subtrees(from, to));
  const nodes = await read(parts.flat());
  const roots = [];
  let next = 0;
  for (const { length } of parts) {
    const own = nodes.slice(next, (next += length)).toReversed();
    let root = at(own, 0);
    for (const left of own.slice(1)) root = await hashPair(hashes, left, root);
    roots.push(root);
  }
  return roots;
}

/** Whether `proof` shows that the leaf is in the tree (RFC 9162, section 2.1.3.2). */
export async function isIncluded(
  hashes: Hashes,
  leaf: { hash: Uint8Array; index: number },
  tree: { size: number; root: Uint8Array },
  proof: Uint8Array[],
): Promise<boolean> {
  if (leaf.index < 0 || leaf.index >= tree.size) return false;
  const path = inclusionPath(leaf.index, tree.size);
  if (path.length !== proof.length) return false;
  let root = leaf.hash;
  for (const [i, [from]] of path.entries()) {
    const sibling = at(proof, i);
    root =
      from > leaf.index
        ? await hashPair(hashes, root, sibling)
        : await hashPair(hashes, sibling, root);
  }
  return equal(root, tree.root);
}

/** Whether `proof` shows that the later tree begins with the earlier one (RFC 9162, section 2.1.4.2). */
export async function isConsistent(
  hashes: Hashes,
  before: { size: number; root: Uint8Array },
  after: { size: number; root: Uint8Array },
  proof: Uint8Array[],
): Promise<boolean> {
  if (before.size > after.size) return false;
  if (before.size === 0) return proof.length === 0;
  if (before.size === after.size) return proof.length === 0 && equal(before.root, after.root);
  const path = isPowerOfTwo(before.size) ? [before.root, ...proof] : proof;
  const [first, ...rest] = path;
  if (!first) return false;
  let fn = before.size - 1;
  let sn = after.size - 1;
  while (fn % 2 === 1) {
    fn = (fn - 1) / 2;
    sn = Math.floor(sn / 2);
  }
  let [earlier, later] = [first, first];
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      earlier = await hashPair(hashes, node, earlier);
      later = await hashPair(hashes, node, later);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      later = await hashPair(hashes, later, node);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(earlier, before.root) && equal(later, after.root);
}

function isPowerOfTwo(size: number): boolean {
  return bitsOf(size) === 1;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no item ${index} in a list of ${list.length}`);
  return item;
}
