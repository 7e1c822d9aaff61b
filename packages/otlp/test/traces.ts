import { decodeLogs, decodeTraces, type LogEvent, type Span, type Trace } from '../src/index.js';
import type { RecordedRequest } from './bodies.js';

/** The traces in requests, in the order of their first span. */
export function tracesOf(requests: RecordedRequest[]): Trace[] {
  const spans: Span[] = [];
  const logs: LogEvent[] = [];
  for (const { path, contentType, body } of requests) {
    const encoding = contentType.includes('json') ? 'json' : 'protobuf';
    const decode = path.endsWith('/logs') ? decodeLogs : decodeTraces;
    const telemetry = decode(body, encoding);
    spans.push(...telemetry.spans);
    logs.push(...telemetry.logs);
  }
  const ids = new Set([...spans, ...logs].map(({ traceId }) => traceId));
  return [...ids].map((traceId) => ({
    traceId,
    spans: spans.filter((span) => span.traceId === traceId),
    logs: logs.filter((log) => log.traceId === traceId),
  }));
}
