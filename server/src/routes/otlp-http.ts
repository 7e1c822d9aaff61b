import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import type { Encoding } from '@xray/otlp';
import type { Endpoint } from './route.js';

export const TYPES: Record<string, Encoding> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};
const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' };

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** An endpoint that answers without Express. */
export interface OtlpEndpoint extends Endpoint {
  listener: RequestListener;
}

export function encodingOf(headers: IncomingHttpHeaders): Encoding | undefined {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return TYPES[type.trim().toLowerCase()];
}

/** Exporters of Langfuse send `Basic` with a public and a secret key; the secret one is ours. */
export function withKey(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const [, basic] = /^Basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(headers.authorization ?? '') ?? [];
  if (basic === undefined || headers['x-api-key'] !== undefined) return headers;
  const text = Buffer.from(basic, 'base64').toString();
  return { ...headers, 'x-api-key': text.slice(text.indexOf(':') + 1) };
}

interface OtlpAnswer {
  requestId: string;
  status: number;
  encoding: Encoding;
  bytes: Uint8Array;
  headers?: Record<string, string>;
}

export function send(
  res: ServerResponse,
  { requestId, status, encoding, bytes, headers }: OtlpAnswer,
): void {
  res.writeHead(status, {
    ...HEADERS,
    ...headers,
    'Content-Type': CONTENT_TYPES[encoding],
    'Content-Length': bytes.length,
    'x-request-id': requestId,
  });
  res.end(bytes);
}
