import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ABOUT_FAULT, readAbout } from '../inputs.js';
import type { ExportFiles } from '../verify.js';

/** The folder is no export of a log, or cannot be read. The message names the file. */
export class UnreadableExport extends Error {
  override name = 'UnreadableExport';
}

const FILES = ['checkpoint', 'entries', 'records.ndjson', 'about.json', 'verify.html'];

/**
 * Opens the folder of an export. The large files are read as streams.
 *
 * @returns the files, and the names of those that belong to no export
 * @throws UnreadableExport
 */
export async function openExport(
  folder: string,
): Promise<{ files: ExportFiles; unknown: string[] }> {
  const names = await namesIn(folder);
  const anchorNames = names.includes('anchors') ? await namesIn(path.join(folder, 'anchors')) : [];
  const checkpoints = anchorNames.filter((name) => name.endsWith('.checkpoint'));
  const unknown = [
    ...names.filter((name) => !FILES.includes(name) && name !== 'anchors'),
    ...anchorNames.filter((name) => !/\.(checkpoint|tsr)$/.test(name)).map((n) => `anchors/${n}`),
  ];
  const about = readAbout(await textOf(folder, 'about.json'));
  if (about === undefined) throw new UnreadableExport(ABOUT_FAULT);
  const files: ExportFiles = {
    checkpoint: await textOf(folder, 'checkpoint'),
    entries: createReadStream(path.join(folder, 'entries'), { highWaterMark: 1 << 18 }),
    records: createReadStream(path.join(folder, 'records.ndjson'), { highWaterMark: 1 << 18 }),
    about,
    anchors: await Promise.all(
      checkpoints.map(async (name) => ({
        name: `anchors/${name}`,
        text: await textOf(folder, path.join('anchors', name)),
      })),
    ),
  };
  for (const name of ['entries', 'records.ndjson']) {
    if (!names.includes(name)) throw new UnreadableExport(`${folder} has no file ${name}`);
  }
  return { files, unknown };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    throw new UnreadableExport(`${folder} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function textOf(folder: string, name: string): Promise<string> {
  try {
    return await readFile(path.join(folder, name), 'utf8');
  } catch (error) {
    throw new UnreadableExport(`${name} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
