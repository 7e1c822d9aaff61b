import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { snapshotSchema, type Snapshot } from '@xray/core';

/** A server that accepts snapshots like X-Ray, validates them against the wire format and keeps them. */
export interface Collector {
  endpoint: string;
  snapshots: Snapshot[];
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const snapshots: Snapshot[] = [];
  const server = createServer(async (request, response) => {
    const raw = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const taken = parse(body.toString(), request.headers['content-type'] ?? '');
    snapshots.push(...taken);
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ accepted: taken.length, duplicates: 0, superseded: 0, rejected: [] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    snapshots,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(text: string, contentType: string): Snapshot[] {
  const values: unknown[] = contentType.includes('ndjson')
    ? text
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line))
    : [JSON.parse(text)].flat();
  return values.map((value) => snapshotSchema.parse(value));
}
