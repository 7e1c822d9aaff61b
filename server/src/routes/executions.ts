import {
  executionDetailSchema,
  executionPageSchema,
  executionQuerySchema,
  pipelineListQuerySchema,
  pipelineListSchema,
  stepDetailSchema,
} from '@xray/core';
import { z } from 'zod';
import { listExecutions } from '../query/list-executions.js';
import { readExecutionText, readStep } from '../query/read-executions.js';
import { param, parse, type Deps, type Route } from './route.js';

const detailQuerySchema = z.object({ payloads: z.enum(['true', 'false']).default('true') });
const sequenceSchema = z.coerce.number().int().min(0);

/** What there is to read of an app's executions. */
export function executionRoutes({ store, now }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/executions',
      policy: 'read',
      summary: 'Executions, newest first, without payloads.',
      query: executionQuerySchema,
      answers: { 200: { description: 'A page of them.', schema: executionPageSchema } },
      async handle({ req, res }) {
        const query = parse(executionQuerySchema, req.query);
        res.json(await listExecutions(store, param(req, 'app'), query, now()));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id',
      policy: 'read',
      audit: 'payload.view',
      summary: 'One execution, as it was sent.',
      query: detailQuerySchema,
      answers: {
        200: { description: 'The snapshot and the server’s facts.', schema: executionDetailSchema },
      },
      async handle({ req, res, record }) {
        const { payloads } = parse(detailQuerySchema, req.query);
        const text = await readExecutionText(store, param(req, 'app'), param(req, 'id'), {
          payloads: payloads === 'true',
          now: now(),
        });
        if (payloads === 'true') await record({ target: param(req, 'id') });
        res.type('json').send(text);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id/steps/:sequence',
      policy: 'read',
      audit: 'payload.view',
      summary: 'One step with its payloads.',
      answers: { 200: { description: 'The step.', schema: stepDetailSchema } },
      async handle({ req, res, record }) {
        const sequence = parse(sequenceSchema, param(req, 'sequence'));
        const step = await readStep(store, param(req, 'app'), param(req, 'id'), sequence);
        await record({ target: param(req, 'id'), details: { step: sequence } });
        res.json(step);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/pipelines',
      policy: 'read',
      summary: 'The pipelines that the app has executions of.',
      query: pipelineListQuerySchema,
      answers: { 200: { description: 'By name.', schema: pipelineListSchema } },
      async handle({ req, res }) {
        const { from, to } = parse(pipelineListQuerySchema, req.query);
        res.json(await store.listPipelines(param(req, 'app'), { from, to }));
      },
    },
  ];
}
