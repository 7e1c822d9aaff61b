import { isIdentifier } from './fields.js';
import { spanId } from './identity.js';
import { isObject, quietly, readParts } from './source.js';
import type { Link, Relation, Trace } from './wire/snapshot.js';

/**
 * Headers in the forms that frameworks and queues use.
 *
 * @example
 * ```ts
 * const headers: HeaderSource = new Headers(execution.headers());
 * ```
 */
export type HeaderSource =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null | undefined };

/**
 * The link from an execution to another one, possibly in another process.
 *
 * @example
 * ```ts
 * const continued: Continuation = { fromHeaders: request.headers, relation: 'review_of' };
 * ```
 */
export interface Continuation {
  /** The result of `headers()` of the other execution. */
  fromHeaders?: HeaderSource | undefined;
  /** The relation of this execution to the other one. Default: `parent`. */
  relation?: Relation | undefined;
  /** The other execution's id, if no headers are available. */
  of?: string | undefined;
}

/** The values that an execution takes from the one it continues. */
export interface Origin {
  readonly trace: Trace | undefined;
  readonly links: readonly Link[];
  /** The id of the first execution, which decides whether a distributed decision is sampled. */
  readonly rootId: string | undefined;
}

/** The header with X-Ray's ids: `<executionId>;<rootId>`. */
const EXECUTION_HEADER = 'x-xray-execution';

/** The keys of the one instance of `@opentelemetry/api`, and of the active span in its context. */
const OTEL_API = Symbol.for('opentelemetry.js.api.1');
const OTEL_SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

const NO_ORIGIN: Origin = { trace: undefined, links: [], rootId: undefined };

/** Never throws. Unreadable options and headers are ignored. */
export function originOf(continuation: unknown): Origin {
  if (!isObject(continuation)) return NO_ORIGIN;
  return (
    quietly(() =>
      readParts(
        continuation,
        (from) => readOrigin(from as Continuation),
        () => {},
      ),
    ) ?? NO_ORIGIN
  );
}

function readOrigin(continuation: Continuation): Origin {
  const { fromHeaders, relation = 'parent', of } = continuation;
  if (fromHeaders === undefined && of === undefined) {
    const trace = activeSpan();
    return trace === undefined ? NO_ORIGIN : { ...NO_ORIGIN, trace };
  }
  const [from, rootId] = header(fromHeaders, EXECUTION_HEADER)?.split(';') ?? [];
  const links: Link[] = [];
  if (isIdentifier(of)) links.push({ executionId: of, relation });
  if (isIdentifier(from) && from !== of) {
    links.push({ executionId: from, relation: links.length > 0 ? 'parent' : relation });
  }
  return {
    trace: activeSpan() ?? readTraceparent(header(fromHeaders, 'traceparent')),
    links,
    rootId: [rootId, from].find(isIdentifier),
  };
}

export function writeHeaders(id: string, rootId: string, trace: Trace): Record<string, string> {
  const flags = (trace.flags ?? 1).toString(16).padStart(2, '0');
  return {
    traceparent: `00-${trace.traceId}-${trace.spanId}-${flags}`,
    [EXECUTION_HEADER]: `${id};${rootId}`,
  };
}

/** A new trace. Its id is derived from a UUID as in docs/wire-format.md. */
export function ownTrace(executionId: string): Trace {
  const digits = executionId.replaceAll('-', '').toLowerCase();
  const isUuid = /^[0-9a-f]{32}$/.test(digits) && executionId.length === 36;
  return { traceId: isUuid ? digits : spanId() + spanId(), spanId: spanId(), flags: 1 };
}

/**
 * Version `ff` is forbidden. Version 00 ends after its flags. A later version may continue after a
 * dash.
 */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** W3C Trace Context, 3.2. An unknown version is read like version 00, as 4.3 requires. */
function readTraceparent(value: string | undefined): Trace | undefined {
  const match = TRACEPARENT.exec(value ?? '');
  const [, traceId, parentId, flags] = match ?? [];
  if (traceId === undefined || flags === undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId ?? '0')) return undefined;
  return { traceId, spanId: spanId(), flags: Number.parseInt(flags, 16) };
}

function header(source: HeaderSource | undefined, name: string): string | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  if ('get' in source && typeof source.get === 'function') {
    const value: unknown = source.get(name);
    return typeof value === 'string' ? value : undefined;
  }
  for (const [key, value] of Object.entries(source as Record<string, unknown>)) {
    if (key.toLowerCase() !== name) continue;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : undefined;
  }
  return undefined;
}

interface OtelApi {
  context?: { active?: () => { getValue?: (key: symbol) => unknown } };
}

/**
 * The ids of the active OpenTelemetry span, if the process has loaded `@opentelemetry/api`. Needs
 * no dependency.
 */
function activeSpan(): Trace | undefined {
  try {
    const api = (globalThis as Record<symbol, unknown>)[OTEL_API] as OtelApi | undefined;
    if (api === undefined) return undefined;
    const span = api.context?.active?.().getValue?.(OTEL_SPAN);
    const ids = (
      span as { spanContext?: () => Partial<Record<string, unknown>> } | undefined
    )?.spanContext?.();
    const traceId = ids?.['traceId'];
    const id = ids?.['spanId'];
    const flags = ids?.['traceFlags'];
    if (typeof traceId !== 'string' || !/^(?!0{32})[0-9a-f]{32}$/.test(traceId)) return undefined;
    if (typeof id !== 'string' || !/^(?!0{16})[0-9a-f]{16}$/.test(id)) return undefined;
    return { traceId, spanId: id, flags: typeof flags === 'number' ? flags : 0 };
  } catch {
    return undefined;
  }
}
