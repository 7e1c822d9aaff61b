import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createGunzip, createGzip } from 'node:zlib';
import type { Snapshot } from '@xray/sdk';
import { UsageError } from './usage-error.js';

/** One recorded execution, and the number of executions of the population that it stands for. */
export interface WeightedRecord {
  readonly snapshot: Snapshot;
  readonly weight: number;
}

/** Only the owner may read the file: it holds payloads. */
const OWNER_ONLY = 0o600;

/**
 * The records of a file: lines of `xray-replay pull` or of `xray export`, gzipped if the name ends in `.gz`. Throws
 * UsageError for a line that is neither.
 */
export async function* readRecords(file: string): AsyncGenerator<WeightedRecord> {
  const bytes = createReadStream(file);
  const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  bytes.once('error', (error) => text.destroy(error));
  let number = 0;
  for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
    number += 1;
    if (line === '') continue;
    const record = recordOf(line, file, number);
    if (record !== undefined) yield record;
  }
}

/** Writes lines to a file that only its owner can read. */
export async function writeLines(file: string, lines: Iterable<string>): Promise<void> {
  const target = createWriteStream(file, { mode: OWNER_ONLY });
  const out = file.endsWith('.gz') ? createGzip() : target;
  if (out !== target) out.pipe(target);
  for (const line of lines) if (!out.write(`${line}\n`)) await once(out, 'drain');
  out.end();
  await once(target, 'close');
}

/** A line of a file of records: the unchanged text of an export's line, with the weight in front. */
export function lineOf(exportLine: string, weight: number): string {
  return `{"weight":${String(weight)},${exportLine.slice(1)}`;
}

function recordOf(line: string, file: string, number: number): WeightedRecord | undefined {
  let value: { snapshot?: Snapshot; weight?: number; app?: unknown; end?: unknown };
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    throw new UsageError(`${file}, line ${number}: this is not JSON`);
  }
  // The first and the last line of an export describe the app and count the executions.
  if (value.snapshot === undefined && (value.app !== undefined || value.end !== undefined)) {
    return undefined;
  }
  const { snapshot, weight = 1 } = value;
  const isRecord = typeof snapshot?.executionId === 'string' && Array.isArray(snapshot.steps);
  if (!isRecord || !(weight > 0)) {
    throw new UsageError(
      `${file}, line ${number}: this is no record of xray-replay or xray export`,
    );
  }
  return { snapshot, weight };
}
