import {
  fairnessQuerySchema,
  fairnessSchema,
  joinedFairnessQuerySchema,
  LIMITS,
  readGroupFile,
} from '@xray/core';
import { z } from 'zod';
import { DomainError } from '../errors.js';
import { ByteBudget } from '../ingest/byte-budget.js';
import { readBody } from '../ingest/read-body.js';
import { readFairness, readJoinedFairness } from '../query/fairness.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';

/** Bytes of files that are in memory at a time. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const CSV = 'text/csv';
const JSON_TYPE = 'application/json';
const EXAMPLES = {
  q: 'pipeline:loan-approval env:prod',
  by: 'metadata.region',
  outcome: 'approved',
  within: 'metadata.score_band',
  subjectType: 'applicant',
};

/** Whether a favourable outcome is as frequent in each group. */
export function fairnessRoutes({ executions, now }: Deps): Route[] {
  const budget = new ByteBudget(MAX_FILE_BYTES);
  return [
    {
      method: 'get',
      path: '/api/apps/:app/fairness',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary: 'Compares the rate of a favourable outcome between groups, with intervals.',
      query: fairnessQuerySchema,
      examples: EXAMPLES,
      answers: {
        200: {
          description: 'Rates and ratios. Small groups are withheld.',
          schema: fairnessSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res, record }) {
        const query = parse(fairnessQuerySchema, req.query);
        const answer = await readFairness(executions, param(req, 'app'), query, now());
        // The answer contains values of metadata.
        await record({ details: { by: 'fairness' } });
        res.json(answer);
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/fairness',
      policy: 'read',
      isHeavy: true,
      audit: 'fairness.join',
      summary:
        'The same with groups from a file, which is the body. The file is neither stored nor logged.',
      query: joinedFairnessQuerySchema,
      examples: EXAMPLES,
      body: {
        kind: 'raw',
        schema: z.record(z.string(), z.string()),
        types: [JSON_TYPE, CSV],
        example: { 'A-1001': 'group 1', 'A-1002': 'group 2' },
      },
      answers: {
        200: {
          description: 'Rates and ratios. Small groups are withheld.',
          schema: fairnessSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res, record }) {
        const query = parse(joinedFairnessQuerySchema, req.query);
        const { bytes, release } = await readBody(req, budget, LIMITS.requestBytes);
        try {
          const type = req.is(CSV) ? 'csv' : 'json';
          const file = readGroupFile(bytes.toString('utf8'), type);
          if (!file.ok) {
            throw new DomainError('invalid', file.message, [{ path: '', code: 'unreadable_file' }]);
          }
          // The entry comes first: without it, no restricted file is joined.
          await record({ details: { key: query.key, ids: file.groups.size } });
          const app = param(req, 'app');
          res.json(await readJoinedFairness(executions, app, query, file.groups, now()));
        } finally {
          release();
        }
      },
    },
  ];
}
