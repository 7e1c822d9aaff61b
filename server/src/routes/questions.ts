import {
  cohortComparisonSchema,
  cohortQuerySchema,
  compareQuerySchema,
  comparisonSchema,
  explainQuerySchema,
  explanationSchema,
} from '@xray/core';
import { compareCohorts } from '../query/cohorts.js';
import { comparisonOf, explanationOf } from '../query/questions.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';

/** Why one decision was made, where two executions diverge, and what changed between many. */
export function questionRoutes(deps: Deps): Route[] {
  const { executions, now } = deps;
  return [
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id/explain',
      policy: 'read',
      audit: 'payload.view',
      summary: 'Explains one decision from its record.',
      query: explainQuerySchema,
      examples: { id: 'loan-8123', lang: 'en' },
      answers: {
        200: {
          description: 'The explanation; with `format=text` as text/plain.',
          schema: explanationSchema,
        },
      },
      async handle({ req, res, record }) {
        const query = parse(explainQuerySchema, req.query);
        const { format } = query;
        const id = param(req, 'id');
        const text = await explanationOf(deps, param(req, 'app'), id, query);
        await record({ target: id, details: { by: 'explain' } });
        res.type(format === 'text' ? 'text/plain' : 'json').send(text);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/compare',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary: 'Compares two executions step by step.',
      query: compareQuerySchema,
      examples: { a: 'loan-8123', b: 'loan-8124' },
      answers: {
        200: {
          description: 'Where they differ, and at which step first.',
          schema: comparisonSchema,
        },
      },
      async handle({ req, res, record }) {
        const ids = parse(compareQuerySchema, req.query);
        const comparison = await comparisonOf(deps, param(req, 'app'), ids);
        for (const target of [ids.a, ids.b]) await record({ target, details: { by: 'compare' } });
        res.type('json').send(comparison);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/cohorts',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary:
        'Compares the executions of two filters: changed outcomes, and the properties that correlate with them.',
      query: cohortQuerySchema,
      examples: {
        a: 'pipeline:loan version.ruleset:r41',
        b: 'pipeline:loan version.ruleset:r42',
      },
      answers: {
        200: {
          description: 'Rates with intervals, and only significant differences.',
          schema: cohortComparisonSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res, record }) {
        const query = parse(cohortQuerySchema, req.query);
        const comparison = await compareCohorts(executions, param(req, 'app'), query, now());
        // The answer contains values of inputs.
        await record({ details: { by: 'cohorts' } });
        res.json(comparison);
      },
    },
  ];
}
