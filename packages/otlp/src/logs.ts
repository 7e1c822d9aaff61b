import { conventionOf } from './conventions.js';
import type { LogEvent, Span, SpanEvent } from './telemetry.js';
import { isObject } from './values.js';

/** Log records whose span has not come, as spans of their own: one for each span id. */
export function logsAsSpans(spans: Span[], logs: LogEvent[]): Span[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const made = new Map<string, Span>();
  for (const log of [...logs].sort(byTime)) {
    if (ids.has(log.spanId)) continue;
    const id = spanIdOf(log);
    const known = made.get(id);
    if (known !== undefined) {
      known.endUs = Math.max(known.endUs, log.atUs);
      continue;
    }
    const isDescribed = Object.keys(log.attributes).some(
      (name) => name === 'gen_ai.operation.name',
    );
    made.set(id, {
      traceId: log.traceId,
      spanId: id,
      parentSpanId: '',
      hasRemoteParent: false,
      name: log.name,
      kind: 1,
      startUs: log.atUs,
      endUs: log.atUs,
      // A message alone does not say what the call was.
      attributes: isDescribed || conventionOf(log.name) === 'flag' ? log.attributes : {},
      events: [],
      statusCode: 0,
      statusMessage: '',
      changes: [],
      resource: log.resource,
      scope: log.scope,
      scopeVersion: log.scopeVersion,
    });
  }
  return [...made.values()];
}

/** The spans, each with its log records among its events. */
export function withLogs(spans: Span[], logs: LogEvent[]): Span[] {
  if (logs.length === 0) return spans;
  const events = new Map<string, SpanEvent[]>();
  const seen = new Set<string>();
  for (const log of [...logs].sort(byTime)) {
    const text = JSON.stringify(log);
    if (seen.has(text)) continue;
    seen.add(text);
    const id = spanIdOf(log);
    const list = events.get(id) ?? [];
    const body = log.body === null ? {} : isObject(log.body) ? log.body : { content: log.body };
    const attributes = { ...log.attributes, ...(body as SpanEvent['attributes']) };
    list.push({ name: log.name, atUs: log.atUs, attributes });
    events.set(id, list);
  }
  return spans.map((span) => {
    const added = events.get(span.spanId);
    return added === undefined ? span : { ...span, events: [...span.events, ...added] };
  });
}

/** The id of the span that a record belongs to; made of its content when it names none. */
function spanIdOf(log: LogEvent): string {
  return log.spanId === ''
    ? hashOf(JSON.stringify([log.name, log.atUs, log.attributes]))
    : log.spanId;
}

function byTime(a: LogEvent, b: LogEvent): number {
  return a.atUs - b.atUs || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
}

/** 16 hex digits of FNV-1a. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
