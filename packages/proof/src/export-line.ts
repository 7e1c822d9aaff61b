import { concat, fromBase64, textOf } from './bytes.js';
import type { SealKeys, SealedRecord } from './seal.js';

/** A line of records.ndjson: `{"snapshot":…,"server":{"receivedAt":…,"seal":{"leaf":…,"key":…,"name":…}}}`. */
export interface ExportLine {
  record: Omit<SealedRecord, 'app'>;
  /** As the record says; the seal counts. */
  appId: string | undefined;
  /** Absent for a record that is not sealed yet. */
  seal: { leaf: number; keys: SealKeys } | undefined;
}

const SNAPSHOT = '{"snapshot":';
const SERVER = ',"server":';

/** Undefined if the bytes are no line of an export. */
export function readExportLine(bytes: Uint8Array): ExportLine | undefined {
  const line = textOf(bytes);
  // The last mark is the true one: the server's facts have no member `server`, and its quotes would be escaped in a text.
  const cut = line?.lastIndexOf(`${SERVER}{`) ?? -1;
  if (line === undefined || cut < 0 || !line.startsWith(SNAPSHOT) || !line.endsWith('}')) {
    return undefined;
  }
  const text = line.slice(SNAPSHOT.length, cut);
  const snapshot = objectOf(text);
  const server = objectOf(line.slice(cut + SERVER.length, -1));
  const executionId = snapshot?.executionId;
  const receivedAt = server?.receivedAt;
  if (typeof executionId !== 'string' || typeof receivedAt !== 'string') return undefined;
  const seal = server?.seal === undefined ? undefined : sealOf(server.seal);
  if (seal === null) return undefined;
  const appId = typeof snapshot?.appId === 'string' ? snapshot.appId : undefined;
  return { record: { executionId, receivedAt, text }, appId, seal };
}

function sealOf(value: unknown): ExportLine['seal'] | null {
  if (!isObject(value)) return null;
  const { leaf, key, name } = value;
  const keyBytes = typeof key === 'string' ? fromBase64(key) : undefined;
  const nameBytes =
    name === undefined ? keyBytes : typeof name === 'string' ? fromBase64(name) : undefined;
  if (typeof leaf !== 'number' || !Number.isSafeInteger(leaf) || leaf < 0) return null;
  if (keyBytes?.length !== 32 || nameBytes?.length !== 32) return null;
  return { leaf, keys: { key: keyBytes, nameKey: nameBytes } };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LINE_FEED = 0x0a;

/** Cuts a stream into lines, without their line feeds. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      parts.push(chunk.subarray(from, to));
      yield joined(parts);
      parts = [];
      from = to + 1;
    }
    if (from < chunk.length) parts.push(chunk.slice(from));
  }
  if (parts.length > 0) yield joined(parts);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return concat(...parts);
}
