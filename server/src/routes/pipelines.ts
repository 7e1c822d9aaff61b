import {
  funnelSchema,
  pipelineListQuerySchema,
  pipelineListSchema,
  pipelineOverviewSchema,
  rangeQuerySchema,
} from '@xray/core';
import { readFunnel, readOverview, readPipelines } from '../query/pipelines.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';

/** What decides, as it really runs. */
export function pipelineRoutes({ store, now }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/pipelines',
      policy: 'read',
      isHeavy: true,
      summary: 'The pipelines that the app has executions of.',
      query: pipelineListQuerySchema,
      answers: {
        200: { description: 'By name.', schema: pipelineListSchema },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(pipelineListQuerySchema, req.query);
        res.json(await readPipelines(store, param(req, 'app'), query));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/pipelines/:pipeline',
      policy: 'read',
      isHeavy: true,
      summary:
        'A pipeline over time: volume, outcomes, failures, durations, reasons and new versions.',
      query: rangeQuerySchema,
      answers: {
        200: {
          description: 'Some sixty buckets of a round width.',
          schema: pipelineOverviewSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(rangeQuerySchema, req.query);
        const pipeline = param(req, 'pipeline');
        res.json(await readOverview(store, param(req, 'app'), pipeline, query, now()));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/pipelines/:pipeline/funnel',
      policy: 'read',
      isHeavy: true,
      summary:
        'The steps of a pipeline as they ran: order, branches, candidates in and out, what dropped them.',
      query: rangeQuerySchema,
      answers: {
        200: {
          description:
            'Exact counts of executions; figures of steps from a sample where there are many.',
          schema: funnelSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(rangeQuerySchema, req.query);
        const pipeline = param(req, 'pipeline');
        res.json(await readFunnel(store, param(req, 'app'), pipeline, query, now()));
      },
    },
  ];
}
