import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import type { Snapshot } from '@xray/sdk';

/** One request as a sink received it. */
export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly path: string | undefined;
  readonly snapshots: readonly Snapshot[];
  /** The uncompressed body as text. */
  readonly text: string;
}

/** Answers one request. It may also throw, or leave the request open. */
export type Behaviour = (request: Received, response: ServerResponse) => void;

/** A real HTTP server on loopback in the role of X-Ray. It keeps the requests. */
export interface Sink {
  readonly endpoint: string;
  readonly requests: Received[];
  /** All snapshots of all requests, in order. */
  readonly snapshots: Snapshot[];
  behaviour: Behaviour;
  /** The sink answers a browser's preflight request when this promise is settled. */
  preflight: Promise<void>;
  close(): Promise<void>;
}

/** Accepts everything with 202, like an empty server. */
export const accept: Behaviour = ({ snapshots }, response) => {
  response.writeHead(202, { 'content-type': 'application/json' });
  const receipt = { accepted: snapshots.length, duplicates: 0, superseded: 0, rejected: [] };
  response.end(JSON.stringify(receipt));
};

/** An error in X-Ray's format. */
export function answer(status: number, headers: Record<string, string> = {}): Behaviour {
  const code = CODES[status];
  if (code === undefined) throw new Error(`X-Ray has no error ${String(status)}`);
  const error = { code, message: 'no', requestId: REQUEST_ID };
  return foreign(status, JSON.stringify({ error }), {
    'content-type': 'application/json',
    ...headers,
  });
}

/** A request id in the server's format. */
export const REQUEST_ID = '0f0c9f0e-6c5b-4d43-a3a5-0a86e0a3f2b1';

const CODES: Record<number, string> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'too_large',
  415: 'unsupported_type',
  422: 'storage',
  429: 'rate_limited',
  500: 'internal',
  503: 'unavailable',
};

/** Any other answer, such as the page of a proxy. */
export function foreign(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

function decoded(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'br') return brotliDecompressSync(body);
  return encoding === 'gzip' ? gunzipSync(body) : body;
}

export async function startSink(behaviour: Behaviour = accept): Promise<Sink> {
  const server = createServer((request, response) => {
    // The same headers as the server sends to browsers: any origin, no credentials.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*, authorization');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-max-age', '0');
      void sink.preflight.then(() => response.writeHead(204).end());
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = decoded(body, request.headers['content-encoding']).toString();
      const snapshots = text.split('\n').map((line) => JSON.parse(line) as Snapshot);
      const received = { headers: request.headers, path: request.url, snapshots, text };
      sink.requests.push(received);
      sink.snapshots.push(...snapshots);
      sink.behaviour(received, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sink: Sink = {
    endpoint: `http://127.0.0.1:${String(port)}`,
    requests: [],
    snapshots: [],
    behaviour,
    preflight: Promise.resolve(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return sink;
}
