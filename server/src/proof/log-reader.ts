import {
  concat,
  EntryReader,
  Frontier,
  hashLeaves,
  packEntries,
  proveInclusion,
  readTilePath,
  TILE_WIDTH,
  tileOf,
  type Node,
} from '@xray/proof';
import { nodeHashes } from '@xray/proof/node';
import type { ProofStore, StoredLog } from '../store/proof-store.js';

const HASH_BYTES = 32;

/** Reads what is signed of a log. Nothing behind the last checkpoint is shown. */
export class LogReader {
  readonly #store: ProofStore;

  constructor(store: ProofStore) {
    this.#store = store;
  }

  /** @param path as C2SP writes it @returns the tile or bundle; undefined if the signed log does not have it */
  async readTile(log: StoredLog, path: string): Promise<Uint8Array | undefined> {
    const tile = readTilePath(path);
    if (tile === undefined) return undefined;
    const { level, index, width } = tile;
    const height = level === 'entries' ? 0 : level * 8;
    const nodes = Math.floor(log.signedSize / 2 ** height);
    if (index * TILE_WIDTH + width > nodes) return undefined;
    if (level !== 'entries') return (await this.#hashes(log, level, index)).subarray(0, width * 32);
    return packEntries(await this.readEntries(log, index * TILE_WIDTH, index * TILE_WIDTH + width));
  }

  async readEntries(log: StoredLog, from: number, to: number): Promise<Uint8Array[]> {
    const reader = new EntryReader();
    const found: Uint8Array[] = [];
    let first: number | undefined;
    for (const { leaf, entries } of await this.#store.readEntries(log.id, from, to)) {
      first ??= leaf;
      found.push(...reader.push(entries));
    }
    return found.slice(from - (first ?? from), to - (first ?? from));
  }

  /** The inclusion proof of a leaf in the signed tree, from the leaf upwards. */
  async prove(log: StoredLog, leaf: number): Promise<Uint8Array[]> {
    const read = async (nodes: Node[]) =>
      await Promise.all(nodes.map(async (node) => await this.#node(log, node)));
    return await proveInclusion(nodeHashes, read, leaf, log.signedSize);
  }

  async #node(log: StoredLog, node: Node): Promise<Uint8Array> {
    const { level, index, first } = tileOf(node);
    const tile = await this.#hashes(log, level, index);
    const width = 2 ** (node.level % 8);
    const below = new Frontier();
    const hashes = Array.from({ length: width }, (_, i) =>
      tile.subarray((first + i) * HASH_BYTES, (first + i + 1) * HASH_BYTES),
    );
    await below.append(nodeHashes, hashes);
    return await below.root(nodeHashes);
  }

  async #hashes(log: StoredLog, level: number, index: number): Promise<Uint8Array> {
    if (level > 0) {
      const [tile = new Uint8Array()] = await this.#store.readTiles(log.id, [{ level, n: index }]);
      return tile;
    }
    const from = index * TILE_WIDTH;
    const entries = await this.readEntries(log, from, Math.min(from + TILE_WIDTH, log.signedSize));
    return concat(...(await hashLeaves(nodeHashes, entries)));
  }
}
