import { hash } from 'node:crypto';
import { parseJson, stringifyJson, type Snapshot } from '@xray/core';
import { otlpRequest } from '@xray/otlp';

/** The text of a snapshot as the text of an `ExportTraceServiceRequest` in JSON, on one line. */
export function otlpText(snapshotText: string): string {
  const snapshot = parseJson(snapshotText) as unknown as Snapshot;
  return stringifyJson(otlpRequest(snapshot, (text) => hash('sha256', text, 'hex')));
}
