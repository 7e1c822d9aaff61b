import { concat } from './bytes.js';
import { type Node } from './tree.js';

/** Paths and bundles of C2SP's tlog-tiles: a tile holds 256 hashes, a bundle 256 entries. */

export const TILE_WIDTH = 256;
const TILE_LEVELS = 8;
/** Bundles give an entry's length as 16 bits. */
export const MAX_ENTRY_BYTES = 0xff_ff;

/** `x001/x234/067`: groups of three digits, all but the last with an x. */
function indexPath(index: number): string {
  let rest = index;
  let path = String(rest % 1000).padStart(3, '0');
  while (rest >= 1000) {
    rest = Math.floor(rest / 1000);
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return path;
}

/**
 * The path of a tile or bundle below the log's address.
 *
 * @param level 0, 1, … or `entries`
 * @param width how many hashes or entries it holds; fewer than 256 only at the right edge of the tree
 */
export function tilePath(level: number | 'entries', index: number, width = TILE_WIDTH): string {
  return `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads what `tilePath` writes. Undefined for any other path. */
export function readTilePath(
  path: string,
): { level: number | 'entries'; index: number; width: number } | undefined {
  const found = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(
    path,
  );
  if (!found) return undefined;
  const [, level, digits, partial] = found;
  const tile = {
    level: level === 'entries' ? ('entries' as const) : Number(level),
    index: Number(digits?.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  return tilePath(tile.level, tile.index, tile.width) === path ? tile : undefined;
}

/** The tile that stores a node, and the lowest node of that tile below it. */
export function tileOf({ level, index }: Node): { level: number; index: number; first: number } {
  const tileLevel = Math.floor(level / TILE_LEVELS);
  const first = index * 2 ** (level % TILE_LEVELS);
  return { level: tileLevel, index: Math.floor(first / TILE_WIDTH), first: first % TILE_WIDTH };
}

/** @throws RangeError if an entry has more than 65,535 bytes */
export function packEntries(entries: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) throw new RangeError('an entry is below 64 KiB');
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** Cuts a stream of bundles into entries. Keeps the bytes of an entry that is not there as a whole. */
export class EntryReader {
  #rest: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    const entries = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
      if (end > bytes.length) break;
      entries.push(bytes.subarray(at + 2, end));
      at = end;
    }
    this.#rest = bytes.slice(at);
    return entries;
  }

  /** Bytes behind the last whole entry. */
  get left(): number {
    return this.#rest.length;
  }
}
