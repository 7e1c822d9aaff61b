import {
  funnelSchema,
  pipelineListQuerySchema,
  pipelineListSchema,
  pipelineOverviewSchema,
  rangeQuerySchema,
  ruleHistorySchema,
} from '@xray/core';
import { readRuleHistory } from '../query/rules.js';
import { readFunnel, readOverview, readPipelines } from '../query/pipelines.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';

/** Pipelines, as they really ran. */
export function pipelineRoutes({ executions, now }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/pipelines',
      policy: 'read',
      isHeavy: true,
      summary: 'The pipelines with executions in the app.',
      query: pipelineListQuerySchema,
      answers: {
        200: { description: 'By name.', schema: pipelineListSchema },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(pipelineListQuerySchema, req.query);
        res.json(await readPipelines(executions, param(req, 'app'), query));
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
          description: 'About sixty buckets of a round width.',
          schema: pipelineOverviewSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(rangeQuerySchema, req.query);
        const pipeline = param(req, 'pipeline');
        res.json(await readOverview(executions, param(req, 'app'), pipeline, query, now()));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/pipelines/:pipeline/funnel',
      policy: 'read',
      isHeavy: true,
      summary:
        'The steps of a pipeline as they ran: order, branches, candidates in and out, and the reasons for drops.',
      query: rangeQuerySchema,
      answers: {
        200: {
          description:
            'Exact counts of executions. With many executions, the figures of steps come from a sample.',
          schema: funnelSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(rangeQuerySchema, req.query);
        const pipeline = param(req, 'pipeline');
        res.json(await readFunnel(executions, param(req, 'app'), pipeline, query, now()));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/pipelines/:pipeline/rules',
      policy: 'read',
      isHeavy: true,
      summary:
        'The rules of a pipeline as they were set, and what changed in them: thresholds, operators, versions, order.',
      query: rangeQuerySchema,
      answers: {
        200: {
          description:
            'Rules with changes come first. With many executions, the rules of a sample are read and counts are scaled up.',
          schema: ruleHistorySchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(rangeQuerySchema, req.query);
        const pipeline = param(req, 'pipeline');
        res.json(await readRuleHistory(executions, param(req, 'app'), pipeline, query, now()));
      },
    },
  ];
}
