import type { IncomingMessage } from 'node:http';
import {
  ingestResultSchema,
  parseJson,
  stringifyJson,
  type IngestResult,
  type Json,
} from '@xray/core';
import { opaSnapshot } from '@xray/otlp';
import { z } from 'zod';
import { senderOf } from '../auth/guard.js';
import { DomainError, answerTo } from '../errors.js';
import { checkUrl, logRequest } from '../incoming.js';
import type { Taken } from '../ingest/intake.js';
import type { OtlpResult } from '../ingest/otlp-metrics.js';
import { encodingOf, send, withKey, type OtlpEndpoint } from './otlp-http.js';
import type { Deps } from './route.js';

export const OPA_PATH = '/v1/opa/logs';
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
export function opaEndpoint(deps: Deps): OtlpEndpoint {
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
  { accounts, otlpMetrics, now, logger }: Deps,
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
    await accounts.waiting.count(app, seen, new Date(now()));
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
