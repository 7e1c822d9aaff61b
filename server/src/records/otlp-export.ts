import { hash } from 'node:crypto';
import { parseJson, stringifyJson, type Snapshot } from '@xray/core';
import { otlpRequest } from '@xray/otlp';

/** The text of a snapshot as the text of an `ExportTraceServiceRequest` in JSON, on one line. */
export function otlpText(snapshotText: string): string {
  return otlpTextOf(parseJson(snapshotText) as unknown as Snapshot);
}

/** The same for a snapshot whose numbers keep their digits, as `parseJson` gives it. */
export function otlpTextOf(snapshot: Snapshot): string {
  return stringifyJson(otlpRequest(snapshot, (text) => hash('sha256', text, 'hex')));
}
