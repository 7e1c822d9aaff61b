import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { parseJson, stringifyJson, type Snapshot } from '@xray/core';
import { encodeRequests, otlpRequest } from '@xray/otlp';

/** The text of a snapshot as the text of an `ExportTraceServiceRequest` in JSON, on one line. */
export function otlpText(snapshotText: string): string {
  return otlpTextOf(parseJson(snapshotText) as unknown as Snapshot);
}

/** The same for a snapshot whose numbers keep their digits, as `parseJson` gives it. */
export function otlpTextOf(snapshot: Snapshot): string {
  return stringifyJson(otlpRequest(snapshot, (text) => hash('sha256', text, 'hex')));
}

/** Texts of snapshots as one gzipped request in protobuf, which every OTLP endpoint takes. */
export function otlpBytes(snapshotTexts: string[]): Uint8Array {
  const requests = snapshotTexts.map((text) => {
    const snapshot = parseJson(text) as unknown as Snapshot;
    return otlpRequest(snapshot, (part) => hash('sha256', part, 'hex'));
  });
  return gzipSync(encodeRequests(requests), { level: 1 });
}
