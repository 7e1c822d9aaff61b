import { Frontier, hashLeaves, packEntries, TILE_WIDTH, writeEntry, type Entry } from '@xray/proof';
import { nodeHashes } from '@xray/proof/node';
import type { Addition, StoredLog } from '../store/proof-store.js';

const HASH_BYTES = 32;
const TILE_LEVELS = 8;

export function frontierOf(size: number, roots: Uint8Array): Frontier {
  const list = [];
  for (let at = 0; at < roots.length; at += HASH_BYTES)
    list.push(roots.subarray(at, at + HASH_BYTES));
  return new Frontier(size, list);
}

export function rootsOf(frontier: Frontier): Uint8Array {
  return Buffer.concat(frontier.roots.map((root) => root));
}

/** Computes the rows that append these entries to a log. */
export async function extend(log: StoredLog, entries: Entry[]): Promise<Omit<Addition, 'seals'>> {
  const texts = entries.map(writeEntry);
  const tree = frontierOf(log.size, log.frontier);
  const tiles = new Map<string, { level: number; n: number; hashes: Uint8Array[] }>();
  await tree.append(nodeHashes, await hashLeaves(nodeHashes, texts), (height, index, hash) => {
    if (height === 0 || height % TILE_LEVELS !== 0) return;
    const tile = { level: height / TILE_LEVELS, n: Math.floor(index / TILE_WIDTH), hashes: [] };
    const key = `${tile.level}/${tile.n}`;
    const known = tiles.get(key) ?? tile;
    known.hashes.push(hash);
    tiles.set(key, known);
  });
  return {
    log: log.id,
    from: log.size,
    size: tree.size,
    frontier: rootsOf(tree),
    entries: bundlesOf(log.size, texts),
    tiles: [...tiles.values()].map(({ hashes, ...tile }) => ({
      ...tile,
      hashes: Buffer.concat(hashes),
    })),
  };
}

/** Cuts entries at each 256th leaf, where the bundles of C2SP end. */
function bundlesOf(from: number, entries: Uint8Array[]): { leaf: number; bytes: Uint8Array }[] {
  const bundles = [];
  for (let at = 0; at < entries.length;) {
    const leaf = from + at;
    const end = at + TILE_WIDTH - (leaf % TILE_WIDTH);
    bundles.push({ leaf, bytes: packEntries(entries.slice(at, end)) });
    at = end;
  }
  return bundles;
}
