import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from 'node:http';
import {
  ingestResultSchema,
  otlpSettingsSchema,
  otlpStateSchema,
  parseJson,
  stringifyJson,
  type IngestResult,
  type Json,
  type OtlpState,
} from '@xray/core';
import { encodeResponse, encodeStatus, opaSnapshot, type Encoding, type Signal } from '@xray/otlp';
import { z } from 'zod';
import { senderOf } from '../auth/guard.js';
import { DomainError, answerTo } from '../errors.js';
import { checkUrl, logRequest } from '../incoming.js';
import type { Taken } from '../ingest/intake.js';
import type { OtlpResult } from '../ingest/otlp-metrics.js';
import { MAX_WAITING_BYTES } from '../ingest/otlp-intake.js';
import { param, parse, type Deps, type Endpoint, type Route } from './route.js';

/** The paths of exporters. Langfuse's own takes its path from a base URL. */
const DOORS: Record<string, Signal> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
  '/api/public/otel/v1/traces': 'traces',
};

const OPA_PATH = '/v1/opa/logs';
/** Paths that exporters of any origin may call. */
export const OTLP_PATHS = [...Object.keys(DOORS), OPA_PATH];

const TYPES: Record<string, Encoding> = {
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

/**
 * Statuses that an exporter may see. Exporters drop a batch on 429 and on 500, and send it again after 503; so every
 * failure that is not the request's own is a 503.
 */
const OWN_FAULTS: Record<number, number> = { 400: 3, 401: 16, 403: 7, 413: 8, 415: 3 };
const UNAVAILABLE = 14;

const NO_METRICS = 'X-Ray keeps no metrics. Set OTEL_METRICS_EXPORTER=none to stop sending them.';

/** An endpoint that answers without Express. */
export interface OtlpEndpoint extends Endpoint {
  listener: RequestListener;
}

/** The endpoints that exporters of OpenTelemetry send to. */
export function otlpEndpoints(deps: Deps): OtlpEndpoint[] {
  const doors = Object.entries(DOORS).map(([path, signal]) => doorOf(deps, path, signal));
  return [...doors, opaEndpoint(deps)];
}

function doorOf(deps: Deps, path: string, signal: Signal): OtlpEndpoint {
  return {
    method: 'post',
    path,
    policy: 'ingest',
    summary: SUMMARIES[signal],
    body: {
      kind: 'raw',
      schema: z.looseObject({}),
      types: Object.keys(TYPES),
      example: signal === 'traces' ? EXAMPLE : {},
    },
    answers: {
      200: { description: 'What was taken is committed. `partialSuccess` says what was not.' },
      503: { description: 'Nothing was stored. Send the same bytes again after Retry-After.' },
    },
    listener(req, res) {
      const requestId = logRequest(deps, req, res, () => path);
      const encoding = encodingOf(req.headers) ?? 'protobuf';
      take(deps, req, signal).then(
        (bytes) => send(res, { requestId, status: 200, encoding, bytes }),
        (error: unknown) => {
          const { method } = req;
          const answer = answerTo(error, { logger: deps.logger, requestId, method });
          const code = OWN_FAULTS[answer.status];
          const status = code === undefined ? 503 : answer.status;
          deps.otlpMetrics.refused(status);
          const bytes = encodeStatus(encoding, code ?? UNAVAILABLE, answer.body.error.message);
          const headers =
            status === 503 ? { 'Retry-After': '2', ...answer.headers } : answer.headers;
          send(res, { requestId, status, encoding, bytes, headers });
          req.resume();
        },
      );
    },
  };
}

const SUMMARIES: Record<Signal, string> = {
  traces: 'Takes spans of OpenTelemetry (OTLP). A trace becomes an execution when it is complete.',
  logs: 'Takes log records of OpenTelemetry (OTLP) that belong to spans: messages, flags, evaluations.',
  metrics: 'Takes no metrics, and says so, so that exporters log no error.',
};

const EXAMPLE = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'loans' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
              spanId: '00f067aa0ba902b7',
              name: 'decide_loan',
              startTimeUnixNano: '1796050385401000000',
              endTimeUnixNano: '1796050385545000000',
              attributes: [{ key: 'xray.outcome', value: { stringValue: 'declined' } }],
            },
          ],
        },
      ],
    },
  ],
};

const OPA_EXAMPLE = [
  {
    decision_id: '316a6133-5913-4d8f-affe-e547a10b33c9',
    path: 'loan/decision',
    timestamp: '2026-11-30T15:53:01.138Z',
    input: { applicant: '8123', score: 612 },
    result: { outcome: 'declined', reasons: ['SCORE_LOW'] },
  },
];

/** Decision logs of the Open Policy Agent. It sends a chunk again until it gets a 2xx. */
function opaEndpoint(deps: Deps): OtlpEndpoint {
  return {
    method: 'post',
    path: OPA_PATH,
    policy: 'ingest',
    summary: 'Takes decision logs of the Open Policy Agent. Each decision becomes an execution.',
    body: {
      kind: 'raw',
      schema: z.array(z.looseObject({})),
      types: ['application/json'],
      example: OPA_EXAMPLE,
    },
    answers: {
      200: { description: 'The decisions are committed.', schema: ingestResultSchema },
    },
    listener(req, res) {
      const requestId = logRequest(deps, req, res, () => OPA_PATH);
      const answer = (status: number, body: object, headers: Record<string, string> = {}): void => {
        const bytes = Buffer.from(JSON.stringify(body));
        send(res, { requestId, status, encoding: 'json', bytes, headers });
      };
      takeOpa(deps, req).then(
        ({ result }) => answer(200, result),
        (error: unknown) => {
          const { method } = req;
          const refused = answerTo(error, { logger: deps.logger, requestId, method });
          answer(refused.status, refused.body, refused.headers);
          req.resume();
        },
      );
    },
  };
}

async function takeOpa(deps: Deps, req: IncomingMessage): Promise<Taken> {
  const { url = '', headers } = req;
  await checkUrl(url, deps.keys);
  const sender = await senderOf(deps, withKey(headers));
  if (encodingOf(headers) !== 'json') {
    throw new DomainError('unsupported_type', 'The Content-Type must be application/json.');
  }
  await deps.limitRate(sender.keyId, sender.requestsPerMinute);
  const { redact } = await deps.otlpSettings.of(sender.app);
  const taken = await deps.intake.take({
    req,
    isNdjson: false,
    sender,
    keyId: sender.keyId,
    receivedAt: new Date(deps.now()),
    translate(text) {
      const event = eventOf(text);
      const snapshot = event === undefined ? undefined : opaSnapshot(event, sender.app, redact);
      // An event without a decision is refused like any other text that is not a snapshot.
      return snapshot === undefined ? text : stringifyJson(snapshot);
    },
  });
  await countOpa(deps, sender.app, taken.result);
  return taken;
}

/** Duplicates are chunks that came again, so only stored and refused decisions count. */
async function countOpa(
  { store, otlpMetrics, now, logger }: Deps,
  app: string,
  { accepted, rejected }: IngestResult,
): Promise<void> {
  const refused = rejected.length;
  const counts: { result: OtlpResult; count: number; message: string }[] = [
    { result: 'opa_stored', count: accepted, message: '' },
    { result: 'opa_rejected', count: refused, message: rejected[0]?.message ?? '' },
  ];
  const seen = counts.filter(({ count }) => count > 0);
  for (const { result, count } of seen) otlpMetrics.count(result, count);
  try {
    await store.waiting.count(app, seen, new Date(now()));
  } catch (error) {
    // The decisions are committed, so their sender must not send them again.
    logger.warn({ err: error, app }, 'decisions of OPA could not be counted');
  }
}

function eventOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The endpoint of a request; undefined when it is for others. */
export function otlpEndpointFor(
  endpoints: ReadonlyMap<string, OtlpEndpoint>,
  { method, url = '' }: IncomingMessage,
): OtlpEndpoint | undefined {
  if (method !== 'POST') return undefined;
  const [path = ''] = url.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  // Exporters append their path to a base URL that may end with a slash.
  return endpoints.get(path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, ''));
}

async function take(deps: Deps, req: IncomingMessage, signal: Signal): Promise<Uint8Array> {
  const { url = '', headers } = req;
  await checkUrl(url, deps.keys);
  const sender = await senderOf(deps, withKey(headers));
  const encoding = encodingOf(headers);
  if (encoding === undefined) {
    const types = Object.keys(TYPES).join(' or ');
    throw new DomainError('unsupported_type', `The Content-Type must be ${types}.`);
  }
  await deps.limitRate(sender.keyId, sender.requestsPerMinute);
  if (signal === 'metrics') {
    req.resume();
    return encodeResponse(signal, encoding, { rejected: 0, message: NO_METRICS });
  }
  const partial = await deps.otlp.take({
    req,
    signal,
    encoding,
    sender,
    keyId: sender.keyId,
    receivedAt: new Date(deps.now()),
  });
  return encodeResponse(signal, encoding, partial);
}

function encodingOf(headers: IncomingHttpHeaders): Encoding | undefined {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return TYPES[type.trim().toLowerCase()];
}

/** Exporters of Langfuse send `Basic` with a public and a secret key; the secret one is ours. */
function withKey(headers: IncomingHttpHeaders): IncomingHttpHeaders {
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

function send(
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

/** How an app takes traces, and what became of those that came. */
export function otlpRoutes({ store, otlpSettings }: Deps): Route[] {
  const stateOf = async (app: string): Promise<OtlpState> => {
    const [settings, [waiting], counts] = [
      await otlpSettings.of(app),
      await store.waiting.measureWaiting(app),
      await store.waiting.readCounts(app),
    ];
    return {
      settings,
      waiting: {
        traces: waiting?.traces ?? 0,
        spans: waiting?.spans ?? 0,
        bytes: waiting?.bytes ?? 0,
        maxBytes: MAX_WAITING_BYTES,
        oldestAt: waiting?.oldestAt?.toISOString() ?? null,
      },
      counts: counts.map(({ lastAt, ...count }) => ({ ...count, lastAt: lastAt.toISOString() })),
    };
  };
  return [
    {
      method: 'get',
      path: '/api/apps/:app/otlp',
      policy: 'read',
      summary: 'How the app takes OpenTelemetry traces, what waits, and what was not taken.',
      answers: { 200: { description: 'The settings and the counts.', schema: otlpStateSchema } },
      async handle({ req, res }) {
        res.json(await stateOf(param(req, 'app')));
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/otlp',
      policy: 'own',
      audit: 'otlp.change',
      summary: 'Replaces the settings for OpenTelemetry traces.',
      body: {
        kind: 'json',
        schema: otlpSettingsSchema,
        example: {
          take: 'recognised',
          redact: ['customer.*'],
          outcomes: [{ pipeline: 'loan-approval', path: 'result.verdict', adverse: ['declined'] }],
        },
      },
      answers: { 200: { description: 'The settings and the counts.', schema: otlpStateSchema } },
      async handle({ req, res, change }) {
        const app = param(req, 'app');
        const settings = parse(otlpSettingsSchema, req.body);
        await change(async (edits) => ({
          result: await edits.writeOtlpSettings(app, settings),
          details: { settings },
        }));
        otlpSettings.forget(app);
        res.json(await stateOf(app));
      },
    },
  ];
}
