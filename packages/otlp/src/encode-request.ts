import type { Json } from '@xray/core';
import { messages } from './descriptor.js';
import { isObject, listOf } from './values.js';

/** The protobuf bytes of one `ExportTraceServiceRequest` with the content of several that `otlpRequest` made. */
export function encodeRequests(requests: Json[]): Uint8Array {
  const resourceSpans = requests.flatMap((request) =>
    isObject(request) ? listOf(request.resourceSpans).map(withBytes) : [],
  );
  return messages.traces.encode(messages.traces.fromObject({ resourceSpans })).finish();
}

/** JSON has ids as hex; protobuf has their bytes. */
function withBytes(group: unknown): unknown {
  if (!isObject(group)) return group;
  return {
    ...group,
    scopeSpans: listOf(group.scopeSpans).map((scoped) =>
      isObject(scoped) ? { ...scoped, spans: listOf(scoped.spans).map(spanWithBytes) } : scoped,
    ),
  };
}

function spanWithBytes(span: unknown): unknown {
  if (!isObject(span)) return span;
  const { traceId, spanId, parentSpanId, ...rest } = span;
  return {
    ...rest,
    traceId: bytesOf(traceId),
    spanId: bytesOf(spanId),
    ...(parentSpanId !== undefined && { parentSpanId: bytesOf(parentSpanId) }),
  };
}

function bytesOf(hex: unknown): Uint8Array {
  const pairs = typeof hex === 'string' ? (hex.match(/../g) ?? []) : [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
