import { type Stats, XRaySDK } from '@xray/sdk';
import { expect, test, vi } from 'vitest';

import { accept, type Behaviour, foreign, REQUEST_ID, startSink } from './sink.js';

const HTML = '<!doctype html><title>We will be back soon</title>';
export const RECEIPT = { accepted: 3, duplicates: 0, superseded: 0, rejected: [] };
export const REJECTED = {
  index: 0,
  executionId: null,
  code: 'invalid',
  message: '',
  retryable: false,
};

export const html = (status: number): Behaviour =>
  foreign(status, HTML, { 'content-type': 'text/html' });
export const json = (status: number, body: unknown): Behaviour =>
  foreign(status, JSON.stringify(body));

const error = (status: number, code: string, requestId = REQUEST_ID): Behaviour =>
  json(status, { error: { code, message: 'no', requestId } });

/** Answers to three snapshots that X-Ray did not give. */
const answers: Record<string, Behaviour> = {
  'a login page with 200': html(200),
  'a login page with 202': html(202),
  'an empty 200': foreign(200, ''),
  'an empty 202': foreign(202, ''),
  'a 204': foreign(204, ''),
  'a 202 with other JSON': json(202, { status: 'queued' }),
  'a 202 with null': json(202, null),
  'a 202 with a list': json(202, [RECEIPT]),
  'a 202 with counts alone': json(202, { accepted: 3, duplicates: 0, superseded: 0 }),
  'a 202 with fewer counts than snapshots': json(202, { ...RECEIPT, accepted: 2 }),
  'a 202 with more counts than snapshots': json(202, { ...RECEIPT, duplicates: 1 }),
  'a 202 with counts that are texts': json(202, { ...RECEIPT, accepted: '3' }),
  'a 202 with a negative count': json(202, { ...RECEIPT, accepted: 4, duplicates: -1 }),
  'a 202 that rejects no place of the batch': json(202, {
    ...RECEIPT,
    accepted: 2,
    rejected: [{ ...REJECTED, index: 3 }],
  }),
  'a 202 that rejects one place twice': json(202, {
    ...RECEIPT,
    accepted: 1,
    rejected: [REJECTED, REJECTED],
  }),
  'a 202 that rejects the snapshot of another': json(202, {
    ...RECEIPT,
    accepted: 2,
    rejected: [{ ...REJECTED, executionId: 'another' }],
  }),
  'a 202 whose JSON is cut': foreign(202, JSON.stringify(RECEIPT).slice(0, -2)),
  'a 202 that ends before its length': (_request, response) => {
    response.writeHead(202, { 'content-length': 500 });
    response.write(JSON.stringify(RECEIPT), () => response.destroy());
  },
  'a 202 that goes on for too long': foreign(202, JSON.stringify(RECEIPT) + ' '.repeat(200_000)),
  'a 304': foreign(304, ''),
  'a page with 400': html(400),
  'a page with 401': html(401),
  'a page with 403': html(403),
  'a page with 404': html(404),
  'a page with 407': html(407),
  'a page with 410': html(410),
  'a page with 413': html(413),
  'a page with 422': html(422),
  'a page with 431': html(431),
  'a page with 451': html(451),
  'a page with 500': html(500),
  'a page with 501': html(501),
  'a page with 503': html(503),
  'a page with 520': html(520),
  'an empty 400': foreign(400, ''),
  'an empty 413': foreign(413, '{}'),
  "a gateway's JSON 400": json(400, { message: 'Bad Request' }),
  "a gateway's JSON 403": json(403, { error: { code: 403, message: 'no', status: 'DENIED' } }),
  "a gateway's JSON 401": json(401, { error: 'invalid_token' }),
  "a gateway's JSON 413": json(413, { error: { code: 'TooLarge', message: 'too large' } }),
  "a gateway's JSON 500": json(500, { error: { message: 'Internal', requestId: 'r' } }),
  'a 400 that rejects only some': json(400, { ...RECEIPT, accepted: 2, rejected: [REJECTED] }),
  'a 200 with a receipt': json(200, RECEIPT),
  'a 207 with a receipt': json(207, RECEIPT),
  'a 202 that rejects with an unknown code': json(202, {
    ...RECEIPT,
    accepted: 2,
    rejected: [{ ...REJECTED, code: 'blocked' }],
  }),
  'a 202 that rejects without a message': json(202, {
    ...RECEIPT,
    accepted: 2,
    rejected: [{ index: 0, code: 'invalid', retryable: false }],
  }),
  "a gateway's 400 with a code of its own": error(400, 'bad_request'),
  "a gateway's 401 with a code of its own": error(401, 'invalid_token'),
  "a gateway's 403 with a code of its own": error(403, 'access_denied'),
  "a gateway's 413 with a code of its own": error(413, 'payload_too_large'),
  "a gateway's 403 with X-Ray's code for a 400": error(403, 'invalid'),
  "a gateway's 500 with X-Ray's code for a 503": error(500, 'unavailable'),
  "a gateway's 500 without an id": error(500, 'internal', ''),
  "a gateway's 400 with another kind of id": error(400, 'invalid', 'r-1'),
  "a gateway's 401 with an id of AWS": error(
    401,
    'unauthorized',
    '1-5759e988-bd862e3fe1be46a994272793',
  ),
  "a gateway's 403 with an id of 32 digits": error(403, 'forbidden', '0'.repeat(32)),
  "a gateway's 400 with an id that is no text": json(400, {
    error: { code: 'invalid', message: 'no', requestId: 7 },
  }),
  "X-Ray's 404 for a wrong address": json(404, {
    error: { code: 'not_found', message: 'There is nothing here.', requestId: REQUEST_ID },
  }),
  "X-Ray's 405 for a wrong address": json(405, {
    error: { code: 'method_not_allowed', message: 'Not possible here.', requestId: REQUEST_ID },
  }),
};

const UNTOUCHED = { recorded: 3, delivered: 0, queued: 3, dropped: {} };
const DELIVERED = { recorded: 3, delivered: 3, queued: 0, dropped: {} };

/** Declares the tests for one build of the SDK. */
export function testForeignAnswers(): void {
  test.each(Object.entries(answers))(
    '%s neither delivers nor costs a snapshot, and the next answer of X-Ray delivers',
    async (_answer, behaviour) => {
      const { during, after } = await statsOf(behaviour);
      expect(during).toMatchObject(UNTOUCHED);
      expect(after).toMatchObject(DELIVERED);
    },
  );

  test.each([301, 302, 303, 307, 308])(
    'a redirect %i is not followed and costs no snapshot',
    async (status) => {
      const elsewhere = await startSink();
      const location = `${elsewhere.endpoint}/executions`;
      const { during, after } = await statsOf(foreign(status, '', { location }));
      expect(during).toMatchObject(UNTOUCHED);
      expect(after).toMatchObject(DELIVERED);
      expect(elsewhere.requests).toHaveLength(0);
      await elsewhere.close();
    },
  );
}

/** The counts of a client with three snapshots: after such an answer, and after X-Ray's answer. */
async function statsOf(behaviour: Behaviour): Promise<{ during: Stats; after: Stats }> {
  const sink = await startSink(behaviour);
  const { endpoint } = sink;
  const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'p', endpoint });
  for (let index = 0; index < 3; index += 1) xray.startExecution().completeExecution();
  void xray.flush();
  await vi.waitFor(() => expect(xray.stats().retries).toBeGreaterThan(0), { interval: 5 });
  const during = xray.stats();
  sink.behaviour = accept;
  await xray.flush();
  await sink.close();
  return { during, after: xray.stats() };
}
