import type { IncomingMessage } from 'node:http';
import { encodeResponse, encodeStatus, type Signal } from '@xray/otlp';
import { z } from 'zod';
import { senderOf } from '../auth/guard.js';
import { DomainError, answerTo } from '../errors.js';
import { checkUrl, logRequest } from '../incoming.js';
import { OPA_PATH, opaEndpoint } from './opa.js';
import { encodingOf, send, TYPES, withKey, type OtlpEndpoint } from './otlp-http.js';
import type { Deps } from './route.js';

/** The paths of exporters. Langfuse's own takes its path from a base URL. */
const DOORS: Record<string, Signal> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
  '/api/public/otel/v1/traces': 'traces',
};

/** Paths that exporters of any origin may call. */
export const OTLP_PATHS = [...Object.keys(DOORS), OPA_PATH];

/**
 * Statuses that an exporter may see. Exporters drop a batch on 429 and on 500, and send it again after 503; so every
 * failure that is not the request's own is a 503.
 */
const OWN_FAULTS: Record<number, number> = { 400: 3, 401: 16, 403: 7, 413: 8, 415: 3 };
const UNAVAILABLE = 14;

const NO_METRICS = 'X-Ray keeps no metrics. Set OTEL_METRICS_EXPORTER=none to stop sending them.';

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
