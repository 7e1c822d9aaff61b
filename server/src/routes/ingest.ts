import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ingestResultSchema, snapshotSchema, type Snapshot } from '@xray/core';
import { z } from 'zod';
import { senderOf } from '../auth/guard.js';
import { DomainError, answerTo } from '../errors.js';
import { checkUrl, logRequest } from '../incoming.js';
import type { Taken } from '../ingest/intake.js';
import type { Deps, Endpoint } from './route.js';

const PATH = '/executions';
const JSON_TYPES = ['application/json'];
const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];
const TYPES = [...JSON_TYPES, ...NDJSON_TYPES];

/** Every spelling of the path that Express would accept, in origin-form and in absolute-form. */
const SPELLINGS = /^(?:https?:\/\/[^/?#]*)?\/executions\/?(?:[?#]|$)/i;

/** The headers of helmet that matter for JSON, which no page displays. */
const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // Any page may call this route: the key is the permission, and cookies have no effect.
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** A small snapshot for the document. */
const EXAMPLE = {
  executionId: 'loan-8123',
  appId: 'my-loan-app',
  pipeline: 'loan-approval',
  decision: {
    outcome: 'declined',
    adverse: true,
    reasons: [{ code: 'SCORE_LOW', ruleId: 'min_score' }],
  },
  subjects: [{ type: 'applicant', id: '8123' }],
  steps: [
    { name: 'credit_score', input: { applicant: '8123' }, output: { score: 612 } },
    {
      name: 'rules',
      kind: 'rules',
      rules: [{ id: 'min_score', result: 'fail', op: '>=', actual: 612, threshold: 660 }],
    },
  ],
} satisfies Snapshot;

/** An endpoint that answers without Express. */
export interface IngestEndpoint extends Endpoint {
  listener: RequestListener;
}

/**
 * The endpoint that takes snapshots. It avoids Express, which costs as much as parsing, checking
 * and storing a small request. It uses the same request ids, log lines, guard and errors as the
 * other routes.
 */
export function ingestEndpoint(deps: Deps): IngestEndpoint {
  return {
    method: 'post',
    path: PATH,
    policy: 'ingest',
    summary: 'Takes snapshots of executions. The server answers after they are committed.',
    body: {
      kind: 'raw',
      schema: z.union([snapshotSchema, z.array(snapshotSchema)]),
      types: TYPES,
      example: EXAMPLE,
    },
    answers: {
      202: { description: 'At least one snapshot was accepted.', schema: ingestResultSchema },
      400: {
        description: 'All snapshots of an array or of NDJSON were rejected.',
        schema: ingestResultSchema,
      },
    },
    listener(req, res) {
      const { logger } = deps;
      const requestId = logRequest(deps, req, res, () => PATH);
      take(deps, req).then(
        ({ allRejected, result }) => send(res, requestId, allRejected ? 400 : 202, result),
        (error: unknown) => {
          const answer = answerTo(error, { logger, requestId, method: req.method });
          send(res, requestId, answer.status, answer.body, answer.headers);
        },
      );
    },
  };
}

export function isIngest({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' && (url === PATH || SPELLINGS.test(url));
}

async function take(deps: Deps, req: IncomingMessage): Promise<Taken> {
  const { url = '', headers } = req;
  if (url !== PATH) await checkUrl(url, deps.keys);
  const sender = await senderOf(deps, headers);
  const type = mediaType(headers['content-type']);
  if (!TYPES.includes(type)) {
    throw new DomainError('unsupported_type', `The Content-Type must be ${TYPES.join(' or ')}.`);
  }
  await deps.limitRate(sender.keyId, sender.requestsPerMinute);
  return await deps.intake.take({
    req,
    isNdjson: NDJSON_TYPES.includes(type),
    sender,
    keyId: sender.keyId,
    receivedAt: new Date(deps.now()),
  });
}

/** The type without its parameters: JSON is always UTF-8. RFC 8259, section 11. */
function mediaType(contentType = ''): string {
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase();
}

function send(
  res: ServerResponse,
  requestId: string,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    ...HEADERS,
    ...headers,
    'x-request-id': requestId,
    'Content-Length': Buffer.byteLength(text),
  });
  res.end(text);
}
