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

/** Every way to write the path that Express would take for it, in origin-form and in absolute-form. */
const SPELLINGS = /^(?:https?:\/\/[^/?#]*)?\/executions\/?(?:[?#]|$)/i;

/** Of what helmet gives, all that means something for JSON that no page shows. */
const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // It may be called from any page: its key is the permission, and cookies play no part.
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** A small one, for the document. */
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

/** An endpoint that answers by itself, without Express. */
export interface IngestEndpoint extends Endpoint {
  listener: RequestListener;
}

/**
 * The way in. It stands beside Express and not in it, whose stack costs a small request as much as
 * parsing, checking and storing it: the same ids, log lines, guard and errors, and nothing else.
 */
export function ingestEndpoint(deps: Deps): IngestEndpoint {
  return {
    method: 'post',
    path: PATH,
    policy: 'ingest',
    summary: 'Takes snapshots of executions; answered after they are committed.',
    body: {
      kind: 'raw',
      schema: z.union([snapshotSchema, z.array(snapshotSchema)]),
      types: TYPES,
      example: EXAMPLE,
    },
    answers: {
      202: { description: 'At least one was not rejected.', schema: ingestResultSchema },
      400: {
        description: 'All of an array or of NDJSON were rejected.',
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
    receivedAt: new Date(deps.now()),
  });
}

/** Without its parameters: JSON is UTF-8 whatever they say. RFC 8259, section 11. */
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
