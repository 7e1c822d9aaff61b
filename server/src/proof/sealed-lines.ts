import { base64 } from '@xray/proof';
import type { ExportedExecution } from '../store/execution-record.js';
import type { SealedExecution } from '../store/proof-store.js';

/** A seal in a line of an export. `name` is the first version's key, if this is a later version. */
export interface ExportedSeal {
  leaf: number;
  key: string;
  name?: string;
}

export interface SealedLine {
  execution: ExportedExecution;
  seal: ExportedSeal;
}

export function exportedSeal({ leaf, key, nameKey }: SealedExecution): ExportedSeal {
  const isFirst = Buffer.compare(key, nameKey) === 0;
  return { leaf, key: base64(key), ...(!isFirst && { name: base64(nameKey) }) };
}

/** The execution with the text and time that were read together with its seal. */
export function withSealedText(
  execution: ExportedExecution,
  { body, receivedAt, conflict }: SealedExecution,
): ExportedExecution {
  return { ...execution, body, receivedAt, conflict };
}
