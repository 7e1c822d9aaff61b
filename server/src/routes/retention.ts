import {
  newRetentionSchema,
  pruneRequestSchema,
  pruneResultSchema,
  retentionSchema,
} from '@xray/core';
import type { z } from 'zod';
import { notFound } from '../auth/policy.js';
import type { ErasureScope } from '../store/store.js';
import { previewPrune, prune } from '../upkeep/prune.js';
import { param, parse, type Deps, type Route } from './route.js';

/** How long executions are kept, and how they are erased earlier. */
export function retentionRoutes({ store, erasures, now, logger }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/retention',
      policy: 'own',
      summary: 'How long the app’s executions are kept.',
      answers: { 200: { description: 'One rule for each environment.', schema: retentionSchema } },
      async handle({ req, res }) {
        res.json({ items: await store.readRetention(param(req, 'app')) });
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/retention',
      policy: 'own',
      audit: 'retention.change',
      summary: 'Replaces the app’s rules. Without a rule everything is kept forever.',
      body: { kind: 'json', schema: newRetentionSchema },
      answers: { 200: { description: 'The new rules.', schema: retentionSchema } },
      async handle({ req, res, change }) {
        const app = param(req, 'app');
        const { items } = parse(newRetentionSchema, req.body);
        await change(async (edits) => ({
          result: await edits.replaceRetention(app, items),
          details: { rules: items },
        }));
        logger.info({ app, rules: items }, 'the retention rules were changed');
        res.json({ items: await store.readRetention(app) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/prune',
      policy: 'own',
      audit: 'execution.prune',
      summary: 'Erases executions. Each call erases one part. With `dryRun` it only counts them.',
      body: { kind: 'json', schema: pruneRequestSchema },
      answers: {
        200: { description: 'What was erased and what remains.', schema: pruneResultSchema },
      },
      async handle({ req, res, entryOf }) {
        const request = parse(pruneRequestSchema, req.body);
        const scope = toScope(param(req, 'app'), request, now());
        if (request.dryRun) {
          res.json(await previewPrune(store, scope));
          return;
        }
        const { what, environment } = request;
        const result = await prune({ store, erasures }, scope, request.cursor, (erased) =>
          entryOf({ details: { what, environment, erased } }),
        );
        logger.info(
          { app: scope.app, kind: scope.what.kind, ...result.erased },
          'erased on request',
        );
        res.json(result);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/executions/:id',
      policy: 'own',
      audit: 'execution.erase',
      summary: 'Erases every trace of one execution.',
      answers: { 200: { description: 'What was erased.', schema: pruneResultSchema } },
      async handle({ req, res, entryOf }) {
        const app = param(req, 'app');
        const what = { kind: 'execution', executionId: param(req, 'id') } as const;
        const scope = { app, environment: undefined, what };
        const result = await prune({ store, erasures }, scope, undefined, () =>
          entryOf({ target: what.executionId }),
        );
        if (result.erased.executions === 0 && result.left?.executions === 0) {
          throw notFound('execution');
        }
        logger.info({ app, kind: what.kind, ...result.erased }, 'erased on request');
        res.json(result);
      },
    },
  ];
}

function toScope(
  app: string,
  { what, environment }: z.output<typeof pruneRequestSchema>,
  now: number,
): ErasureScope {
  switch (what.kind) {
    case 'expired':
      return { app, environment, what: { kind: 'expired', now: new Date(now) } };
    case 'received_before':
      return { app, environment, what: { kind: what.kind, before: new Date(what.before) } };
    default:
      return { app, environment, what };
  }
}
