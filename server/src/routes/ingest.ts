import { ingestResultSchema, snapshotSchema, type Snapshot } from '@xray/core';
import { z } from 'zod';
import type { Deps, Route } from './route.js';

const JSON_TYPES = ['application/json'];
const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

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

export function ingestRoutes({ intake, limitRate, now }: Deps): Route[] {
  return [
    {
      method: 'post',
      path: '/executions',
      policy: 'ingest',
      summary: 'Takes snapshots of executions; answered after they are committed.',
      body: {
        kind: 'raw',
        schema: z.union([snapshotSchema, z.array(snapshotSchema)]),
        types: [...JSON_TYPES, ...NDJSON_TYPES],
        example: EXAMPLE,
      },
      answers: {
        202: { description: 'At least one was not rejected.', schema: ingestResultSchema },
        400: {
          description: 'All of an array or of NDJSON were rejected.',
          schema: ingestResultSchema,
        },
      },
      async handle({ req, res, principal }) {
        if (principal.kind !== 'key') throw new TypeError('the policy `ingest` wants a key');
        await limitRate(principal.keyId, principal.requestsPerMinute);
        const { allRejected, result } = await intake.take({
          req,
          isNdjson: req.is(NDJSON_TYPES) !== false,
          sender: principal,
          receivedAt: new Date(now()),
        });
        res.status(allRejected ? 400 : 202).json(result);
      },
    },
  ];
}
