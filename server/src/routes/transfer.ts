import {
  LIMITS,
  appTransferSchema,
  exportQuerySchema,
  exportedExecutionSchema,
  ingestResultSchema,
  queryLeaves,
  transferredSchema,
  type QueryNode,
} from '@xray/core';
import type { z } from 'zod';
import { notFound } from '../auth/policy.js';
import { ByteBudget } from '../ingest/byte-budget.js';
import { DomainError } from '../errors.js';
import { readFilter } from '../query/filter.js';
import { instantOf } from '../query/range.js';
import { isSearch } from '../store/fields.js';
import { readBody } from '../ingest/read-body.js';
import { packFiles } from '../upkeep/backup.js';
import { exportLines, otlpPages, sealedLines } from '../upkeep/export.js';
import { exportCsv } from '../upkeep/export-csv.js';
import { importLines } from '../upkeep/import.js';
import { refuseWithoutSeals } from './proof.js';
import { param, parse, type Deps, type Route } from './route.js';
import { sendPages } from './send-pages.js';
import { CSV, isMarked } from './tables.js';

const BACKUP_TYPE = 'application/gzip';
const NDJSON = 'application/x-ndjson';
/** How long an export waits at its end for seals of records that changed meanwhile, in ms. */
const SEAL_WAIT_MS = 30_000;
/** The limit for all imports that run at the same time. */
const MAX_IMPORT_BYTES = 2 * LIMITS.requestBytes;

/** Moves an app's data from one database to another. */
export function transferRoutes(deps: Deps): Route[] {
  const { accounts, executions, keys, now, embedded, proof } = deps;
  const budget = new ByteBudget(MAX_IMPORT_BYTES);
  return [
    {
      method: 'get',
      path: '/api/apps/:app/export',
      policy: 'pull',
      audit: 'export',
      summary:
        'Every execution that matches a filter: with payloads as NDJSON (one execution on each line), or without payloads as CSV. Oldest first; with words in `q`, newest first.',
      query: exportQuerySchema,
      answers: {
        200: {
          description: `${NDJSON}. This is one line. With \`format=csv\` text/csv with the columns of the list.`,
          type: NDJSON,
          schema: exportedExecutionSchema,
        },
      },
      async handle({ req, res, record, readmit, gone }) {
        const app = param(req, 'app');
        const query = parse(exportQuerySchema, req.query);
        const filter = readFilter({ q: query.q });
        const sort = isSearch(filter) ? '-at' : 'at';
        const place =
          query.after === undefined
            ? undefined
            : await executions.findPlace(app, query.after, sort);
        if (query.after !== undefined && place === undefined) {
          throw notFound('execution in `after`');
        }
        const question = {
          app,
          filter,
          from: instantOf(query.from),
          to: instantOf(query.to),
          nowMs: now(),
          sort,
          after: place,
        } as const;
        const hasSeals = query.seals === 'true';
        if (hasSeals && query.format !== 'ndjson') throw onlyWithNdjson();
        if (hasSeals) await refuseWithoutSeals(proof, app);
        const pagesOf = {
          csv: () => exportCsv(executions, question, { bom: isMarked(query), now }),
          otlp: () => otlpPages(exportLines(executions, question, now)),
          ndjson: () =>
            hasSeals
              ? sealedLines(
                  proof.sealedPages(executions, question, { waitMs: SEAL_WAIT_MS, gone }),
                  now,
                )
              : exportLines(executions, question, now),
        };
        await record({ details: withoutValues(query, filter) });
        await sendPages(
          res,
          query.format === 'csv' ? CSV : NDJSON,
          whileAdmitted(pagesOf[query.format](), readmit),
        );
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/transfer',
      policy: 'administer',
      audit: 'transfer.read',
      summary: 'The app’s data without its executions, for another database.',
      answers: {
        200: { description: 'Keys without their secrets, and rules.', schema: appTransferSchema },
      },
      async handle({ req, res, record }) {
        const transfer = await accounts.readTransfer(param(req, 'app'));
        if (transfer === undefined) throw notFound('app');
        await record();
        res.json(transfer);
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/transfer',
      policy: 'administer',
      audit: 'transfer.add',
      summary: 'Adds the keys and rules that the app does not have.',
      body: { kind: 'json', schema: appTransferSchema },
      answers: { 200: { description: 'What was added.', schema: transferredSchema } },
      async handle({ req, res, change }) {
        const transfer = parse(appTransferSchema, req.body);
        const added = await change(async (edits) => {
          const result = await edits.addTransfer(param(req, 'app'), transfer);
          return { result, details: result };
        });
        keys.forget();
        res.json(added);
      },
    },
    {
      method: 'get',
      path: '/api/backup',
      policy: 'console',
      audit: 'backup',
      summary: 'The files of the embedded database at one moment, as a compressed tar archive.',
      answers: { 200: { description: BACKUP_TYPE } },
      async handle({ res, record }) {
        const copy = await embedded?.copyFiles();
        if (copy === undefined) {
          throw new DomainError(
            'conflict',
            'X-Ray stores its data in your own Postgres. Back it up with pg_dump, like your other databases.',
          );
        }
        try {
          await record();
          res.type(BACKUP_TYPE);
          await packFiles(copy.directory, res);
        } finally {
          await copy.remove();
        }
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/import',
      policy: 'administer',
      audit: 'import',
      summary: 'Stores lines of an export. A line that is already stored changes nothing.',
      body: { kind: 'raw', schema: exportedExecutionSchema, types: [NDJSON] },
      answers: {
        200: {
          description: 'The result for each line; `index` counts lines.',
          schema: ingestResultSchema,
        },
      },
      async handle({ req, res, record }) {
        const { bytes, release } = await readBody(req, budget, LIMITS.requestBytes);
        try {
          const lines = bytes.toString('utf8').split('\n');
          // A file ends with a line break, and no line follows it.
          if (lines.at(-1) === '') lines.pop();
          // The entry comes first, because the import takes many transactions and all of them must
          // be recorded.
          await record({ details: { lines: lines.length } });
          res.json(await importLines(executions, param(req, 'app'), lines));
        } finally {
          release();
        }
      },
    },
  ];
}

/** The facts of an export for the audit log, which is never erased. A value in the filter may name a person. */
function withoutValues(
  { from, to, after, format }: z.output<typeof exportQuerySchema>,
  filter: QueryNode,
): Record<string, unknown> {
  const fields = [...queryLeaves(filter)].map((leaf) => ('field' in leaf ? leaf.field : leaf.kind));
  return {
    from,
    to,
    after,
    format,
    ...(fields.length > 0 && { filterBy: [...new Set(fields)].sort() }),
  };
}

/**
 * Throws in the middle if the reader loses the permission. The reader then notices that the answer
 * is incomplete.
 */
async function* whileAdmitted(
  pages: AsyncGenerator<string>,
  readmit: () => Promise<void>,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const page of pages) {
    if (!isFirst) await readmit();
    isFirst = false;
    yield page;
  }
}

function onlyWithNdjson(): DomainError {
  const details = [{ path: 'seals', code: 'invalid', message: 'only NDJSON has seals' }];
  return new DomainError('invalid', '`seals` needs `format=ndjson`.', details);
}
