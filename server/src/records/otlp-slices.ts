import { hash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { parseJson, stringifyJson, type OtlpSettings } from '@xray/core';
import {
  conventionsOf,
  decodeLogs,
  decodeTraces,
  dropContent,
  hasRoot,
  MalformedRequest,
  redact,
  snapshotsOf,
  type Encoding,
  type LogEvent,
  type Span,
  type Trace,
} from '@xray/otlp';

export interface SlicedRequest {
  slices: SlicedTrace[];
  rejected: number;
  rejection: string;
  ignored: number;
}

export interface SlicedTrace {
  traceId: string;
  hash: string;
  hasRoot: boolean;
  /** Spans and log records. */
  spans: number;
  body: Uint8Array;
}

/** Why the bytes are no request. A thread cannot throw an error of ours. */
export interface Malformed {
  malformed: string;
}

/** Spans name their resource and scope by place, since all of one process share them. */
interface SliceText {
  origins: Pick<Span, 'resource' | 'scope' | 'scopeVersion'>[];
  spans: (Omit<Span, 'resource' | 'scope' | 'scopeVersion' | 'traceId'> & { origin: number })[];
  logs: (Omit<LogEvent, 'resource' | 'scope' | 'scopeVersion' | 'traceId'> & { origin: number })[];
}

/** The settings that apply before anything is stored. */
export type DoorSettings = Pick<OtlpSettings, 'redact' | 'content'>;

/** Decodes a request, redacts it, and cuts it by trace. */
export function sliceRequest(
  body: Uint8Array,
  signal: 'traces' | 'logs',
  encoding: Encoding,
  { redact: names, content }: DoorSettings,
): SlicedRequest | Malformed {
  try {
    const decode = signal === 'traces' ? decodeTraces : decodeLogs;
    const telemetry = decode(body, encoding);
    redact(telemetry, names);
    if (!content) dropContent(telemetry);
    const { spans, logs, rejected, rejection, ignored } = telemetry;
    const traces = new Map<string, Trace>();
    const traceOf = (traceId: string): Trace => {
      const trace = traces.get(traceId) ?? { traceId, spans: [], logs: [] };
      traces.set(traceId, trace);
      return trace;
    };
    for (const span of spans) traceOf(span.traceId).spans.push(span);
    for (const log of logs) traceOf(log.traceId).logs.push(log);
    return { slices: [...traces.values()].map(sliceOf), rejected, rejection, ignored };
  } catch (error) {
    if (error instanceof MalformedRequest) return { malformed: error.message };
    throw error;
  }
}

function sliceOf(trace: Trace): SlicedTrace {
  const origins = new Map<string, number>();
  const list: SliceText['origins'] = [];
  const place = <T extends Span | LogEvent>(item: T) => {
    const { resource, scope, scopeVersion, traceId: _traceId, ...rest } = item;
    const key = stringifyJson([resource, scope, scopeVersion]);
    const known = origins.get(key);
    const origin = known ?? list.push({ resource, scope, scopeVersion }) - 1;
    if (known === undefined) origins.set(key, origin);
    return { ...rest, origin };
  };
  const text = stringifyJson({
    spans: trace.spans.map(place),
    logs: trace.logs.map(place),
    origins: list,
  } satisfies SliceText);
  return {
    traceId: trace.traceId,
    hash: hash('sha256', text, 'hex'),
    hasRoot: hasRoot(trace),
    spans: trace.spans.length + trace.logs.length,
    body: deflateRawSync(text, { level: 1 }),
  };
}

export interface StoredSlice {
  body: Uint8Array;
  environments: string[] | null;
}

export interface AssemblyInput {
  app: string;
  traceId: string;
  slices: StoredSlice[];
  isTerminal: boolean;
  settings: OtlpSettings;
}

/** A trace as snapshots, in texts. */
export interface Assembled {
  /** It follows a convention that X-Ray reads. */
  isRecognised: boolean;
  hasRoot: boolean;
  texts: string[];
  /** The environments that all its senders may write; null: any. */
  environments: string[] | null;
  /** Spans of limited keys that do not fit the trace's environment. */
  outside: number;
}

export function assembleTrace({
  app,
  traceId,
  slices,
  isTerminal,
  settings,
}: AssemblyInput): Assembled {
  const read = slices.map(({ body, environments }) => ({
    trace: traceOf(traceId, body),
    environments,
  }));
  const snapshots = (parts: typeof read, at: boolean) =>
    snapshotsOf(joined(traceId, parts), {
      appId: app,
      isTerminal: at,
      revision: 2 * slices.length + (at ? 1 : 0),
      ...readingOptions(settings),
    });
  const free = read.filter(({ environments }) => environments === null);
  let kept = read;
  if (free.length > 0 && free.length < read.length) {
    // A limited key may not put spans into the trace of an environment that it may not write.
    const [first] = snapshots(free, false);
    const environment = first?.environment ?? 'default';
    kept = read.filter(({ environments }) => environments?.includes(environment) !== false);
  }
  const trace = joined(traceId, kept);
  const found = hasRoot(trace);
  const limits = kept.flatMap(({ environments }) => (environments === null ? [] : [environments]));
  const isLimited = limits.length === kept.length;
  return {
    isRecognised: conventionsOf(trace).length > 0,
    hasRoot: found,
    texts: snapshots(kept, isTerminal).map((snapshot) => stringifyJson(snapshot)),
    environments: isLimited
      ? limits.reduce((common, list) => common.filter((name) => list.includes(name)))
      : null,
    outside: read.length - kept.length,
  };
}

/** The settings that apply when a trace is read. */
export function readingOptions({ outcomes, pipeline, environment }: OtlpSettings) {
  return {
    outcomeRules: outcomes,
    pipelineAttributes: pipeline,
    environmentAttributes: environment,
  };
}

export function joined(traceId: string, parts: { trace: Trace }[]): Trace {
  return {
    traceId,
    spans: parts.flatMap(({ trace }) => trace.spans),
    logs: parts.flatMap(({ trace }) => trace.logs),
  };
}

export function traceOf(traceId: string, body: Uint8Array): Trace {
  const text = inflateRawSync(body).toString();
  const { spans, logs, origins } = parseJson(text) as unknown as SliceText;
  const whole = <T extends { origin: number }>({ origin, ...item }: T) => {
    const from = origins[origin];
    if (from === undefined) throw new TypeError('a slice names an origin that it does not hold');
    return { ...item, ...from, traceId };
  };
  return { traceId, spans: spans.map(whole), logs: logs.map(whole) };
}
