import {
  detailQuerySchema,
  executionDetailSchema,
  executionPageSchema,
  executionQuerySchema,
  facetsCsv,
  facetsQuerySchema,
  facetsSchema,
  histogramQuerySchema,
  histogramSchema,
  rangeQuerySchema,
  releasesSchema,
  stepDetailSchema,
  stepQuerySchema,
  summariesCsv,
  wholeNumber,
} from '@xray/core';
import { readFacets, readHistogram, readReleases } from '../query/counts.js';
import { listExecutions } from '../query/list-executions.js';
import { readExecutionText, readStepText } from '../query/read-executions.js';
import { notFound } from '../auth/policy.js';
import { otlpText } from '../records/otlp-export.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';
import { isMarked, sendTable } from './tables.js';

const stepNumberSchema = wholeNumber(0);

/** Reads an app's executions. */
export function executionRoutes(deps: Deps): Route[] {
  const { executions, now } = deps;
  return [
    {
      method: 'get',
      path: '/api/apps/:app/executions',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary:
        'Executions that match a filter, newest first. With words in `q`, also the places where they occur.',
      query: executionQuerySchema,
      answers: {
        200: {
          description: 'A page of executions; with `format=csv` as text/csv.',
          schema: executionPageSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res, record }) {
        const query = parse(executionQuerySchema, req.query);
        const page = await listExecutions(executions, param(req, 'app'), query, now());
        const shown = page.items.filter(({ matches }) => matches && matches.length > 0);
        // The audit log is never erased, and search words can name a person, so it does not store
        // them.
        if (shown.length > 0) await record({ details: { by: 'search', executions: shown.length } });
        if (query.format === 'csv') {
          sendTable(res, 'executions', summariesCsv(page.items, isMarked(query)));
        } else res.json(page);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id',
      policy: 'read',
      audit: 'payload.view',
      summary: 'One execution, as it was sent.',
      query: detailQuerySchema,
      examples: { id: 'loan-8123' },
      answers: {
        200: {
          description: 'The snapshot, and facts that the server added.',
          schema: executionDetailSchema,
        },
      },
      async handle({ req, res, record }) {
        const { payloads, format } = parse(detailQuerySchema, req.query);
        if (format === 'otlp') {
          const stored = await executions.readExecution(param(req, 'app'), param(req, 'id'));
          if (stored === undefined) throw notFound('execution');
          await record({ target: param(req, 'id'), details: { format } });
          res.type('json').send(otlpText(stored.body));
          return;
        }
        const text = await readExecutionText(deps, param(req, 'app'), param(req, 'id'), {
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
      summary:
        'One step with its payloads, by its sequence. With `by=index`, by its index in `steps`, which is unique.',
      query: stepQuerySchema,
      examples: { id: 'loan-8123' },
      answers: {
        200: { description: 'The step.', schema: stepDetailSchema },
        409: { description: 'Several steps have this sequence.' },
      },
      async handle({ req, res, record }) {
        const { by } = parse(stepQuerySchema, req.query);
        const at = parse(stepNumberSchema, param(req, 'sequence'));
        const step = await readStepText(deps, param(req, 'app'), param(req, 'id'), { by, at });
        await record({
          target: param(req, 'id'),
          details: by === 'index' ? { stepIndex: at } : { step: at },
        });
        res.type('json').send(step);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/facets',
      policy: 'read',
      isHeavy: true,
      summary:
        'How often each value occurs in the executions that match a filter. With words in `q`, only the newest ones are counted.',
      query: facetsQuerySchema,
      answers: {
        200: {
          description: 'Counts by field; with `format=csv` as text/csv.',
          schema: facetsSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(facetsQuerySchema, req.query);
        const facets = await readFacets(executions, param(req, 'app'), query, now());
        if (query.format === 'csv') sendTable(res, 'facets', facetsCsv(facets, isMarked(query)));
        else res.json(facets);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/releases',
      policy: 'read',
      isHeavy: true,
      summary:
        'New versions of pipelines in the range, newest first, each with the version before it.',
      query: rangeQuerySchema,
      answers: {
        200: { description: 'Newest first.', schema: releasesSchema },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(rangeQuerySchema, req.query);
        res.json(await readReleases(executions, param(req, 'app'), query, now()));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/histogram',
      policy: 'read',
      isHeavy: true,
      summary:
        'Counts of the executions that match a filter, by time and by outcome or status. With words in `q`, only the newest ones are counted.',
      query: histogramQuerySchema,
      answers: {
        200: { description: 'Counts by time.', schema: histogramSchema },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(histogramQuerySchema, req.query);
        res.json(await readHistogram(executions, param(req, 'app'), query, now()));
      },
    },
  ];
}
