import { hash32 } from './hash.js';
import type { Queued } from './queue.js';
import { decoder, encoder } from './utf8.js';

/** The content of one line of a spool file. */
export interface SpoolRecord {
  readonly order: number;
  readonly reportedDrops: number;
  readonly executionId: string;
  readonly json: string;
}

/** Writes `checksum order reportedDrops executionId json`. JSON text has no line break, so a line is a record. */
export function writeRecord(item: Queued): Uint8Array {
  const rest = `${String(item.order)} ${String(item.reportedDrops)} ${item.executionId} ${decoder.decode(item.body)}`;
  return encoder.encode(`${checksum(rest)} ${rest}\n`);
}

/** Returns `undefined` for a torn or damaged line. */
export function readRecord(line: string): SpoolRecord | undefined {
  const match = /^([0-9a-f]{8}) ((\d+) (\d+) (\S+) (\{.*\}))$/su.exec(line);
  const [, sum, rest, order, reportedDrops, executionId, json] = match ?? [];
  if (rest === undefined || executionId === undefined || json === undefined) return undefined;
  if (checksum(rest) !== sum) return undefined;
  return { order: Number(order), reportedDrops: Number(reportedDrops), executionId, json };
}

function checksum(text: string): string {
  return hash32(text).toString(16).padStart(8, '0');
}
