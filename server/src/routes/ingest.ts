import { ingestResultSchema, snapshotSchema } from '@xray/core';
import { z } from 'zod';
import type { Deps, Route } from './route.js';

const JSON_TYPES = ['application/json'];
const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

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
