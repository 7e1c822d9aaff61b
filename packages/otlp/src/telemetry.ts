import type { Json } from '@xray/core';

export type Attributes = Record<string, Json>;

/** A value that differs from the one that was sent. `key` is an attribute's name, or `name` for the span's own. */
export interface Change {
  kind: 'coerced' | 'truncated' | 'dropped' | 'redacted';
  key: string;
  original?: number;
  kept?: number;
  unit?: 'bytes' | 'items';
}

/** The part of a resource and a scope that the mapping needs. Spans of one request share the objects. */
export interface Origin {
  resource: Attributes;
  scope: string;
  scopeVersion: string;
}

export interface SpanEvent {
  name: string;
  /** Microseconds since 1970. */
  atUs: number;
  attributes: Attributes;
}

export interface Span extends Origin {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** Empty for a span without a parent. */
  parentSpanId: string;
  /** The parent is in another process, says the exporter. */
  hasRemoteParent: boolean;
  name: string;
  /** OTLP's SpanKind: 2 is SERVER, 3 CLIENT, 4 PRODUCER, 5 CONSUMER. */
  kind: number;
  /** Microseconds since 1970. */
  startUs: number;
  endUs: number;
  attributes: Attributes;
  events: SpanEvent[];
  /** 2 is an error. */
  statusCode: number;
  statusMessage: string;
  changes: Change[];
}

/** A log record with a name that the mapping knows. */
export interface LogEvent extends Origin {
  traceId: string;
  spanId: string;
  name: string;
  atUs: number;
  attributes: Attributes;
  body: Json;
  changes: Change[];
}

/** One request, decoded. */
export interface Telemetry {
  spans: Span[];
  logs: LogEvent[];
  /** Spans or log records that were not taken, and the cause of the first. */
  rejected: number;
  rejection: string;
  /** Log records without a name that the mapping knows. They are no error. */
  ignored: number;
}

/** The bytes are no OTLP request. The message has no content of the request. */
export class MalformedRequest extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedRequest';
  }
}
