import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create, extract, list, type ReadEntry } from 'tar';

/** Packing runs at the same time as ingest, and the database has already compressed most bytes. */
const COMPRESSION = { level: 1 };

/** Writes a directory as a compressed tar. Its files must not change meanwhile. */
export async function packFiles(directory: string, target: Writable): Promise<void> {
  const archive = Readable.from(create({ cwd: directory }, ['.']), { objectMode: false });
  // tar itself would compress on the main thread.
  await pipeline(archive, createGzip(COMPRESSION), target);
}

/** A backup contains an entry that X-Ray never writes, so somebody else made it. */
export class ForeignEntryError extends Error {
  constructor(entry: string, reason: string) {
    super(`the entry ${JSON.stringify(entry)} ${reason}.`);
    this.name = 'ForeignEntryError';
  }
}

/**
 * Reads a packed file to its end and resolves with the names in it. Rejects if the file is
 * incomplete.
 *
 * @throws ForeignEntryError for an entry that `packFiles` does not write.
 */
export async function listFiles(file: string): Promise<Set<string>> {
  const names = new Set<string>();
  let foreign: ForeignEntryError | undefined;
  const onReadEntry = (entry: ReadEntry): void => {
    foreign ??= faultOf(entry, names);
    names.add(path.normalize(entry.path));
  };
  await pipeline(createReadStream(file), list({ strict: true, onReadEntry }));
  if (foreign !== undefined) throw foreign;
  return names;
}

function faultOf(
  { path: name, type }: ReadEntry,
  seen: Set<string>,
): ForeignEntryError | undefined {
  const normal = path.normalize(name);
  if (path.isAbsolute(name) || normal.split(/[\\/]/).includes('..')) {
    return new ForeignEntryError(name, 'lies outside the database');
  }
  if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') {
    return new ForeignEntryError(
      name,
      `is a ${type}, and a backup holds only files and directories`,
    );
  }
  if (type !== 'Directory' && seen.has(normal)) return new ForeignEntryError(name, 'occurs twice');
  return undefined;
}

/** Unpacks an archive of `packFiles` into an existing directory. */
export async function unpackFiles(file: string, directory: string): Promise<void> {
  await pipeline(createReadStream(file), extract({ cwd: directory, strict: true }));
}
