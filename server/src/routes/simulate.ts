import {
  simulationLineSchema,
  simulationQuerySchema,
  simulationSchema,
  stringifyJson,
} from '@xray/core';
import { answerTo, DomainError, requestIdOf } from '../errors.js';
import { simulateThresholds, simulationOf } from '../query/simulate.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';
import { sendPages } from './send-pages.js';

const NDJSON = 'application/x-ndjson';
const EXAMPLES = { q: 'pipeline:loan', set: 'min_score:640' };

/** What would have been decided with other thresholds. */
export function simulationRoutes(deps: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/simulate',
      policy: 'read',
      isHeavy: true,
      summary:
        'What other thresholds would have decided: flips that the records determine, and bounds for the others.',
      query: simulationQuerySchema,
      examples: EXAMPLES,
      answers: {
        200: {
          description: 'Counts of the executions that were read: all, or a sample of 5,000.',
          schema: simulationSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const query = parse(simulationQuerySchema, req.query);
        const answer = await simulationOf(deps, param(req, 'app'), query);
        res.type('json').send(stringifyJson(answer));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/simulate/all',
      policy: 'read',
      summary:
        'The same for all executions of a filter, up to 100,000. Lines give the progress; the last one is the answer.',
      query: simulationQuerySchema,
      examples: EXAMPLES,
      answers: {
        200: {
          description: `${NDJSON}. This is one line.`,
          type: NDJSON,
          schema: simulationLineSchema,
        },
        422: TOO_BROAD,
      },
      async handle({ req, res, gone, readmit }) {
        const query = parse(simulationQuerySchema, req.query);
        const lines = simulateThresholds(deps, param(req, 'app'), query, { isAll: true });
        async function* pages(): AsyncGenerator<string> {
          let isFirst = true;
          try {
            for await (const line of lines) {
              if (gone.aborted) return;
              if (!isFirst) await readmit();
              isFirst = false;
              yield `${stringifyJson(line)}\n`;
            }
          } catch (error) {
            if (isFirst || !(error instanceof DomainError)) throw error;
            // The status is sent already, so the last line has the error.
            const { logger } = deps;
            const requestId = requestIdOf(res);
            const { body } = answerTo(error, { logger, requestId, method: 'GET' });
            yield `${JSON.stringify(body)}\n`;
          }
        }
        await sendPages(res, NDJSON, pages());
      },
    },
  ];
}
