/** Executions in one block of a directory. */
export const DIRECTORY_BLOCK = 1024;

const ENTRY_BYTES = 16;
const BITS_32 = 0x1_0000_0000;
/** Added to times so that they are not negative: the year 1 is -6.2e13 ms. */
const EPOCH = 70_000_000_000_000;

/** The id of an entry that an erasure made blank. */
export const ERASED = 0;

/** An execution in a segment, by its place in the directory, which is sorted by `at`. */
export interface Entry {
  id: number;
  /** ms since the epoch. */
  at: number;
  /** The low 32 bits of the transaction that wrote the row. Another value means another version. */
  check: number;
}

export function checkOf(xact: string): number {
  return Number(BigInt(xact) & 0xffff_ffffn);
}

/** A version of an execution as one text, for use in a set. */
export function versionOf({ id, check }: Pick<Entry, 'id' | 'check'>): string {
  return `${id}/${check}`;
}

export function writeDirectoryBlock(entries: Entry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [place, { id, at, check }] of entries.entries()) {
    const offset = place * ENTRY_BYTES;
    writeUint48(view, offset, id);
    writeUint48(view, offset + 6, at + EPOCH);
    view.setUint32(offset + 12, check);
  }
  return bytes;
}

/** The block with its entries at some places blanked. */
export function blankEntries(block: Uint8Array, places: number[]): Uint8Array {
  const blanked = block.slice();
  for (const place of places) {
    blanked.fill(0, place * ENTRY_BYTES, place * ENTRY_BYTES + 6);
    blanked.fill(0, place * ENTRY_BYTES + 12, (place + 1) * ENTRY_BYTES);
  }
  return blanked;
}

/** A decoded block: parallel arrays by place. */
export interface Directory {
  ids: Float64Array;
  ats: Float64Array;
  checks: Uint32Array;
}

export function readDirectoryBlock(block: Uint8Array): Directory {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const count = block.byteLength / ENTRY_BYTES;
  const directory = {
    ids: new Float64Array(count),
    ats: new Float64Array(count),
    checks: new Uint32Array(count),
  };
  for (let place = 0; place < count; place++) {
    const offset = place * ENTRY_BYTES;
    directory.ids[place] = readUint48(view, offset);
    directory.ats[place] = readUint48(view, offset + 6) - EPOCH;
    directory.checks[place] = view.getUint32(offset + 12);
  }
  return directory;
}

/** All versions in a block. */
export function versionsIn(block: Uint8Array): string[] {
  const { ids, checks } = readDirectoryBlock(block);
  return Array.from(ids, (id, place) => versionOf({ id, check: checks[place] ?? 0 }));
}

export function entryAt({ ids, ats, checks }: Directory, place: number): Entry {
  return { id: ids[place] ?? 0, at: ats[place] ?? 0, check: checks[place] ?? 0 };
}

function writeUint48(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, Math.floor(value / BITS_32));
  view.setUint32(offset + 2, value % BITS_32);
}

function readUint48(view: DataView, offset: number): number {
  return view.getUint16(offset) * BITS_32 + view.getUint32(offset + 2);
}
