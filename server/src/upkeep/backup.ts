import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create, extract, list, type ReadEntry } from 'tar';

/** Packing goes on beside ingest, and most of the bytes are compressed by the database already. */
const COMPRESSION = { level: 1 };

/** Writes a directory as a compressed tar; what is in it must not change meanwhile. */
export async function packFiles(directory: string, target: Writable): Promise<void> {
  const archive = Readable.from(create({ cwd: directory }, ['.']), { objectMode: false });
  // Not by tar itself, which compresses on the main thread.
  await pipeline(archive, createGzip(COMPRESSION), target);
}

/** Reads a packed file to its end and resolves with the names in it. Rejects for one that is not whole. */
export async function listFiles(file: string): Promise<Set<string>> {
  const names = new Set<string>();
  const onReadEntry = (entry: ReadEntry): void => {
    names.add(path.normalize(entry.path));
  };
  await pipeline(createReadStream(file), list({ strict: true, onReadEntry }));
  return names;
}

/** Unpacks what `packFiles` made into a directory that is there. */
export async function unpackFiles(file: string, directory: string): Promise<void> {
  await pipeline(createReadStream(file), extract({ cwd: directory, strict: true }));
}
