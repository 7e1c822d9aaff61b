import { jsonDepthExceeds } from '@xray/core';
import type { Type } from 'protobufjs/light.js';
import protobuf from 'protobufjs/light.js';
import { messages } from './descriptor.js';
import { isKnownEvent } from './conventions.js';
import {
  MalformedRequest,
  type LogEvent,
  type Origin,
  type Span,
  type SpanEvent,
  type Telemetry,
} from './telemetry.js';
import { isObject, listOf, ValueReader } from './values.js';

export type Encoding = 'protobuf' | 'json';

const MAX_EVENTS = 128;
/** Messages within messages. An AnyValue in a list is two of them. */
const MAX_NESTING = 64;
/** The bits of `Span.flags` that say that the parent's process is known, and that it is another one. */
const REMOTE = 0x300;

// The library's own check ends the decoding of nested messages.
protobuf.Reader.recursionLimit = MAX_NESTING;

/** @throws MalformedRequest */
export function decodeTraces(body: Uint8Array, encoding: Encoding): Telemetry {
  const request = read(messages.traces, body, encoding);
  const telemetry = empty();
  let nameless = 0;
  for (const { group, origin } of groupsOf(request.resourceSpans, 'scopeSpans')) {
    for (const raw of listOf(group.spans)) {
      const span = isObject(raw) ? readSpan(raw, origin) : 'a span that is no object';
      if (typeof span !== 'string') {
        telemetry.spans.push(span);
        continue;
      }
      if (span === NO_IDS) nameless++;
      reject(telemetry, span);
    }
  }
  if (nameless > 0 && telemetry.spans.length === 0) {
    throw new MalformedRequest(
      'No span has a trace id and a span id. Logs belong to /v1/logs, metrics to /v1/metrics.',
    );
  }
  return telemetry;
}

/** @throws MalformedRequest */
export function decodeLogs(body: Uint8Array, encoding: Encoding): Telemetry {
  const request = read(messages.logs, body, encoding);
  const telemetry = empty();
  for (const { group, origin } of groupsOf(request.resourceLogs, 'scopeLogs')) {
    for (const raw of listOf(group.logRecords)) {
      const log = isObject(raw) ? readLog(raw, origin) : 'a log record that is no object';
      if (log === undefined) telemetry.ignored++;
      else if (typeof log === 'string') reject(telemetry, log);
      else telemetry.logs.push(log);
    }
  }
  return telemetry;
}

function empty(): Telemetry {
  return { spans: [], logs: [], rejected: 0, rejection: '', ignored: 0 };
}

function reject(telemetry: Telemetry, cause: string): void {
  telemetry.rejected++;
  if (telemetry.rejection === '') telemetry.rejection = `The first was ${cause}.`;
}

function read(type: Type, body: Uint8Array, encoding: Encoding): Record<string, unknown> {
  if (encoding === 'protobuf') {
    try {
      return type.decode(body) as unknown as Record<string, unknown>;
    } catch {
      throw new MalformedRequest('The body is no OTLP message in protobuf.');
    }
  }
  let request: unknown;
  try {
    request = JSON.parse(new TextDecoder('utf-8').decode(body));
  } catch {
    throw new MalformedRequest('The body is not JSON.');
  }
  if (!isObject(request)) throw new MalformedRequest('The body is no JSON object.');
  // Each message of protobuf is an object in JSON, and each list of messages an array around it.
  if (jsonDepthExceeds(request, 3 * MAX_NESTING)) {
    throw new MalformedRequest(`The body nests more than ${MAX_NESTING} messages.`);
  }
  return request;
}

function* groupsOf(
  resources: unknown,
  scopes: 'scopeSpans' | 'scopeLogs',
): Iterable<{ group: Record<string, unknown>; origin: Origin }> {
  for (const entry of listOf(resources)) {
    if (!isObject(entry)) continue;
    const reader = new ValueReader();
    const resource = isObject(entry.resource)
      ? (reader.attributes(entry.resource.attributes) ?? {})
      : {};
    for (const group of listOf(entry[scopes])) {
      if (!isObject(group)) continue;
      const { name, version } = isObject(group.scope) ? group.scope : {};
      const [scope, scopeVersion] = [reader.text('scope', name), reader.text('scope', version)];
      yield { group, origin: { resource, scope, scopeVersion } };
    }
  }
}

const NO_IDS = 'a span without a trace id of 16 bytes and a span id of 8 bytes';

/** Returns the cause when the span cannot be taken. */
function readSpan(raw: Record<string, unknown>, origin: Origin): Span | string {
  const [traceId, spanId] = [idOf(raw.traceId, 16), idOf(raw.spanId, 8)];
  if (traceId === '' || spanId === '') return NO_IDS;
  const reader = new ValueReader();
  const attributes = reader.attributes(raw.attributes);
  if (attributes === undefined) return 'a span whose attributes are no list of keys and values';
  const events: SpanEvent[] = [];
  const rawEvents = listOf(raw.events);
  for (const event of rawEvents.slice(0, MAX_EVENTS)) {
    if (!isObject(event)) continue;
    const eventAttributes = reader.attributes(event.attributes);
    if (eventAttributes === undefined) return 'a span with an event whose attributes are no list';
    const name = reader.text('event', event.name);
    events.push({ name, atUs: microsecondsOf(event.timeUnixNano), attributes: eventAttributes });
  }
  if (rawEvents.length > MAX_EVENTS) {
    const [original, kept] = [rawEvents.length, MAX_EVENTS];
    reader.changes.push({ kind: 'dropped', key: 'events', original, kept, unit: 'items' });
  }
  const status = isObject(raw.status) ? raw.status : {};
  const startUs = microsecondsOf(raw.startTimeUnixNano);
  return {
    traceId,
    spanId,
    parentSpanId: idOf(raw.parentSpanId, 8),
    hasRemoteParent: (Number(raw.flags ?? 0) & REMOTE) === REMOTE,
    name: reader.text('name', raw.name),
    kind: enumOf(raw.kind, SPAN_KINDS, 1),
    startUs,
    endUs: Math.max(startUs, microsecondsOf(raw.endTimeUnixNano)),
    attributes,
    events,
    statusCode: enumOf(status.code, STATUS_CODES, 0),
    statusMessage: reader.text('status', status.message),
    changes: reader.changes,
    ...origin,
  };
}

/** Returns undefined for a record that the mapping has no use for. */
function readLog(raw: Record<string, unknown>, origin: Origin): LogEvent | string | undefined {
  const reader = new ValueReader();
  const attributes = reader.attributes(raw.attributes);
  if (attributes === undefined) return 'a log record whose attributes are no list';
  const older = attributes['event.name'];
  const name = reader.text('name', raw.eventName) || (typeof older === 'string' ? older : '');
  const traceId = idOf(raw.traceId, 16);
  if (!isKnownEvent(name) || traceId === '') return undefined;
  return {
    traceId,
    spanId: idOf(raw.spanId, 8),
    name,
    atUs: microsecondsOf(raw.timeUnixNano) || microsecondsOf(raw.observedTimeUnixNano),
    attributes,
    body: reader.value(raw.body),
    changes: reader.changes,
    ...origin,
  };
}

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'];

/** JSON writes an enum as its number or its name. */
function enumOf(value: unknown, names: string[], absent: number): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value !== 'string') return absent;
  const place = names.indexOf(value.replace(/^(SPAN_KIND|STATUS_CODE)_/, ''));
  return place === -1 ? absent : place;
}

/** Lower-case hex, or an empty text when the id is absent, of another length, or zero. */
function idOf(id: unknown, bytes: number): string {
  const hex = id instanceof Uint8Array ? hexOf(id) : typeof id === 'string' ? id.toLowerCase() : '';
  const isWhole = hex.length === 2 * bytes && /^[0-9a-f]+$/.test(hex) && !/^0+$/.test(hex);
  return isWhole ? hex : '';
}

function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

/** Digits beyond a double are lost here: a quarter of a microsecond remains. */
function microsecondsOf(nanoseconds: unknown): number {
  if (nanoseconds === undefined || nanoseconds === null) return 0;
  const text = String(nanoseconds);
  if (!/^\d{1,20}$/.test(text)) {
    const number = Number(text) / 1000;
    return Number.isFinite(number) && number > 0 ? number : 0;
  }
  return Number(text.slice(0, -3) || '0') + Number(text.slice(-3)) / 1000;
}
