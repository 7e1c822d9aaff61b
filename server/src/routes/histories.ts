import {
  LIMITS,
  candidateCsv,
  caseCsv,
  candidateHistorySchema,
  caseQuerySchema,
  caseSchema,
  historyQuerySchema,
  lookupQuerySchema,
  lookupSchema,
  stringifyJson,
  subjectCsv,
  subjectHistorySchema,
  suggestQuerySchema,
  suggestionsSchema,
} from '@xray/core';
import { z } from 'zod';
import { readCase, suggestNames } from '../query/cases.js';
import { candidateHistory, lookUp, subjectHistory } from '../query/histories.js';
import { param, parse, type Deps, type Route } from './route.js';
import { isMarked, sendTable } from './tables.js';

const idSchema = z.string().min(1).max(LIMITS.candidateId);
const typeSchema = z.string().min(1).max(LIMITS.name);

/** The history of a candidate or a subject over many executions. */
export function historyRoutes(deps: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/candidates/:id',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary: 'Every decision on a candidate in a range, and why it was kept or not.',
      query: historyQuerySchema,
      examples: { id: 'B07X' },
      answers: {
        200: {
          description:
            'Counts of all decisions, and a page of them. `limit` counts executions. With `format=csv` the page as text/csv.',
          schema: candidateHistorySchema,
        },
      },
      async handle({ req, res, record }) {
        const query = parse(historyQuerySchema, req.query);
        const id = parse(idSchema, param(req, 'id'));
        const history = await candidateHistory(deps, param(req, 'app'), id, query);
        // The audit log is never erased, and the candidate can be a person, so it does not store
        // the id.
        if (history.items.length > 0) await record({ details: { by: 'candidate' } });
        if (query.format === 'csv')
          sendTable(res, 'candidate', candidateCsv(history, isMarked(query)));
        else res.type('json').send(stringifyJson(history));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/subjects/:type/:id',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary: 'Every execution in a range that decided about a subject.',
      query: historyQuerySchema,
      examples: { id: '8123' },
      answers: {
        200: {
          description:
            'Counts of all executions, and a page of them; with `format=csv` the page as text/csv.',
          schema: subjectHistorySchema,
        },
      },
      async handle({ req, res, record }) {
        const query = parse(historyQuerySchema, req.query);
        const subject = {
          type: parse(typeSchema, param(req, 'type')),
          id: parse(idSchema, param(req, 'id')),
        };
        const history = await subjectHistory(deps, param(req, 'app'), subject, query);
        if (history.items.length > 0) await record({ details: { by: 'subject' } });
        if (query.format === 'csv') sendTable(res, 'subject', subjectCsv(history, isMarked(query)));
        else res.type('json').send(stringifyJson(history));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/subjects/:type/:id/case',
      policy: 'read',
      isHeavy: true,
      audit: 'payload.view',
      summary:
        'Every execution about a subject, with those that are linked to it (reviews, retries, overrides, children, replays), and the decision that ended each matter.',
      query: caseQuerySchema,
      examples: { id: '8123' },
      answers: {
        200: {
          description:
            'The oldest first; all that is stored, unless a range is given. With `format=csv` as text/csv.',
          schema: caseSchema,
        },
      },
      async handle({ req, res, record }) {
        const query = parse(caseQuerySchema, req.query);
        const subject = {
          type: parse(typeSchema, param(req, 'type')),
          id: parse(idSchema, param(req, 'id')),
        };
        const found = await readCase(deps, param(req, 'app'), subject, query);
        if (found.items.length > 0) await record({ details: { by: 'case' } });
        if (query.format === 'csv') sendTable(res, 'case', caseCsv(found, isMarked(query)));
        else res.json(found);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/suggest',
      policy: 'read',
      isHeavy: true,
      summary:
        'Subjects and candidates whose id begins with a prefix of at least two characters, whatever its case and accents.',
      query: suggestQuerySchema,
      examples: { prefix: '81', kind: 'subject' },
      answers: {
        200: {
          description: 'Subjects first, then candidates. Each group is sorted by id.',
          schema: suggestionsSchema,
        },
      },
      async handle({ req, res }) {
        const query = parse(suggestQuerySchema, req.query);
        res.json(await suggestNames(deps.executions, param(req, 'app'), query));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/lookup/:id',
      policy: 'read',
      isHeavy: true,
      summary: 'What has this id: an execution, a candidate, a subject.',
      query: lookupQuerySchema,
      examples: { id: '8123' },
      answers: { 200: { description: 'The kinds, within the range.', schema: lookupSchema } },
      async handle({ req, res }) {
        const query = parse(lookupQuerySchema, req.query);
        const id = parse(idSchema, param(req, 'id'));
        res.json(await lookUp(deps, param(req, 'app'), id, query));
      },
    },
  ];
}
