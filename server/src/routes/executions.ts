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
export function executionRoutes(deps: Deps): Route[] {
  const { store, now } = deps;
  return [
    {
      method: 'get',
      path: '/api/apps/:app/executions',
      policy: 'read',
      audit: 'payload.view',
      summary: 'Executions, newest first; with words in `q`, the places where they stand.',
      query: executionQuerySchema,
      answers: { 200: { description: 'A page of them.', schema: executionPageSchema } },
      async handle({ req, res, record }) {
        const query = parse(executionQuerySchema, req.query);
        const page = await listExecutions(deps, param(req, 'app'), query, now());
        const shown = page.items.filter(({ matches }) => matches && matches.length > 0);
        // What was looked for can name a person, and the log is never erased.
        if (shown.length > 0) await record({ details: { by: 'search', executions: shown.length } });
        res.json(page);
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
