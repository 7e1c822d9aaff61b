import {
  erasureReceiptListSchema,
  errorBodySchema,
  newRetentionSchema,
  previewRetention,
  pruneRequestSchema,
  pruneResultSchema,
  retentionPreviewSchema,
  retentionSchema,
} from '@xray/core';
import { z } from 'zod';
import { notFound } from '../auth/policy.js';
import { nameOf } from '../auth/principal.js';
import { ErasedError } from '../errors.js';
import { instantOf } from '../query/range.js';
import { narrowed } from '../query/too-broad.js';
import type { ErasureScope } from '../store/execution-store.js';
import { previewPrune, prune } from '../upkeep/prune.js';
import { TOO_BROAD } from './filtered.js';
import { param, parse, type Deps, type Route } from './route.js';

const NO_REASON = 'not stated';
const eraseQuerySchema = z.object({ reason: pruneRequestSchema.shape.reason });
const RULES = {
  items: [
    { environment: null, pipeline: null, days: 365, legalHold: false },
    { environment: 'test', pipeline: null, days: 7, legalHold: false },
    { environment: null, pipeline: 'loan-approval', days: 2_555, legalHold: true },
  ],
};

/** How long executions are kept, and how they are erased earlier. */
export function retentionRoutes({ accounts, executions, erasures, now, logger }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/retention',
      policy: 'own',
      summary: 'How long the app’s executions are kept.',
      answers: { 200: { description: 'The rules of the app.', schema: retentionSchema } },
      async handle({ req, res }) {
        res.json({ items: await accounts.readRetention(param(req, 'app')) });
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/retention',
      policy: 'own',
      audit: 'retention.change',
      summary: 'Replaces the app’s rules. Without a rule everything is kept forever.',
      body: { kind: 'json', schema: newRetentionSchema, example: RULES },
      answers: { 200: { description: 'The new rules.', schema: retentionSchema } },
      async handle({ req, res, change }) {
        const app = param(req, 'app');
        const { items } = parse(newRetentionSchema, req.body);
        await change(async (edits) => ({
          result: await edits.replaceRetention(app, items),
          details: { rules: items },
        }));
        logger.info({ app, rules: items }, 'the retention rules were changed');
        res.json({ items: await accounts.readRetention(app) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/retention/preview',
      policy: 'own',
      isHeavy: true,
      summary: 'What these rules would delete, and when. It changes nothing.',
      body: { kind: 'json', schema: newRetentionSchema, example: RULES },
      answers: {
        200: { description: 'Counts by environment and pipeline.', schema: retentionPreviewSchema },
        422: TOO_BROAD,
      },
      async handle({ req, res }) {
        const { items } = parse(newRetentionSchema, req.body);
        const counts = await narrowed(undefined, {}, () =>
          executions.countByAge(param(req, 'app'), new Date(now())),
        );
        res.json(previewRetention(items, counts));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/erasures',
      policy: 'own',
      summary: 'The receipts of erasures by execution or subject, the newest first, at most 100.',
      answers: { 200: { description: 'The receipts.', schema: erasureReceiptListSchema } },
      async handle({ req, res }) {
        res.json({ items: await accounts.listReceipts(param(req, 'app')) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/prune',
      policy: 'own',
      audit: 'execution.prune',
      summary: 'Erases executions. Each call erases one part. With `dryRun` it only counts them.',
      body: {
        kind: 'json',
        schema: pruneRequestSchema,
        example: {
          what: { kind: 'subject', type: 'applicant', id: '8123' },
          reason: 'Request of the person',
          dryRun: true,
        },
      },
      answers: {
        200: { description: 'What was erased and what remains.', schema: pruneResultSchema },
      },
      async handle({ req, res, principal, entryOf }) {
        const request = parse(pruneRequestSchema, req.body);
        const scope = toScope(param(req, 'app'), request, now());
        if (request.dryRun) {
          res.json(await previewPrune(executions, scope));
          return;
        }
        const { environment, reason = NO_REASON, receipt, cursor } = request;
        const options = { reason, receipt, cursor, askedBy: nameOf(principal) };
        const what = withoutId(request.what);
        const result = await prune(
          { accounts, executions, erasures },
          scope,
          options,
          (erased, id) =>
            entryOf({ ...(id !== null && { target: id }), details: { what, environment, erased } }),
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
      summary: 'Erases every trace of one execution. Its address then says when and why.',
      query: eraseQuerySchema,
      examples: { reason: 'Recorded by mistake' },
      answers: {
        200: { description: 'What was erased.', schema: pruneResultSchema },
        410: { description: 'It was erased before.', schema: errorBodySchema },
      },
      async handle({ req, res, principal, entryOf }) {
        const app = param(req, 'app');
        const what = { kind: 'execution', executionId: param(req, 'id') } as const;
        const { reason = NO_REASON } = parse(eraseQuerySchema, req.query);
        parse(pruneRequestSchema, { what, reason });
        const scope = { app, environment: undefined, what };
        const options = { reason, receipt: undefined, askedBy: nameOf(principal) };
        const result = await prune({ accounts, executions, erasures }, scope, options, (_, id) =>
          entryOf({ ...(id !== null && { target: id }), details: { what: withoutId(what) } }),
        );
        if (result.erased.executions === 0 && result.left?.executions === 0) {
          const tombstone = await executions.readTombstone(app, what.executionId);
          throw tombstone === undefined ? notFound('execution') : new ErasedError(tombstone);
        }
        logger.info({ app, kind: what.kind, ...result.erased }, 'erased on request');
        res.json(result);
      },
    },
  ];
}

/** The audit log is never erased, so it gets no id of what was. The receipt's id is its target instead. */
function withoutId(what: z.output<typeof pruneRequestSchema>['what']): object {
  switch (what.kind) {
    case 'execution':
      return { kind: what.kind };
    case 'subject':
      return { kind: what.kind, type: what.type };
    default:
      return what;
  }
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
      return { app, environment, what: { kind: what.kind, before: instantOf(what.before) } };
    default:
      return { app, environment, what };
  }
}
