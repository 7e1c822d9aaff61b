import {
  auditActionText,
  auditActorText,
  auditPageSchema,
  auditQuerySchema,
  csvRow,
  type AuditEntry,
  type AuditPage,
} from '@xray/core';
import type { z } from 'zod';
import type { AuditFilter } from '../store/access-store.js';
import { param, parse, type Call, type Deps, type Route } from './route.js';
import { sendPages } from './send-pages.js';

type Query = z.output<typeof auditQuerySchema>;
type Filter = Omit<AuditFilter, 'before' | 'limit'>;

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;
/** How many entries an export reads at once. */
const EXPORT_PAGE = 1_000;
const COLUMNS = ['id', 'at', 'person', 'did', 'target', 'app', 'details', 'address', 'action'];

/** The audit log. */
export function auditRoutes({ accounts }: Deps): Route[] {
  const answers = {
    200: {
      description: 'Newest first. With `format`, all matching entries, as text/csv or NDJSON.',
      schema: auditPageSchema,
    },
  };
  return [
    {
      method: 'get',
      path: '/api/audit',
      policy: 'administer',
      summary: 'The audit log of the whole installation.',
      query: auditQuerySchema,
      answers,
      handle: (call) => answer(call, undefined),
    },
    {
      method: 'get',
      path: '/api/apps/:app/audit',
      policy: 'own',
      summary: 'The audit log of the app.',
      query: auditQuerySchema,
      answers,
      handle: (call) => answer(call, param(call.req, 'app')),
    },
  ];

  async function answer({ req, res }: Call, app: string | undefined): Promise<void> {
    const query = parse(auditQuerySchema, req.query);
    const { actor, action, target, format } = query;
    const filter = { app, actor, action, target };
    if (format === 'json') {
      res.json(await readPage(filter, query));
      return;
    }
    res.attachment(`${app ?? 'x-ray'}-audit.${format}`);
    await sendPages(res, TYPES[format], format === 'csv' ? csv(filter) : ndjson(filter));
  }

  async function readPage(filter: Filter, { before, limit }: Query): Promise<AuditPage> {
    const items = await accounts.listAudit({ ...filter, before, limit: limit + 1 });
    const shown = items.slice(0, limit);
    return { items: shown, nextBefore: items.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }

  async function* readAll(filter: Filter): AsyncGenerator<AuditEntry[]> {
    let before: number | undefined;
    do {
      const items: AuditEntry[] = await accounts.listAudit({
        ...filter,
        before,
        limit: EXPORT_PAGE,
      });
      yield items;
      before = items.length === EXPORT_PAGE ? items.at(-1)?.id : undefined;
    } while (before !== undefined);
  }

  async function* ndjson(filter: Filter): AsyncGenerator<string> {
    for await (const entries of readAll(filter)) {
      yield entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    }
  }

  async function* csv(filter: Filter): AsyncGenerator<string> {
    yield csvRow(COLUMNS);
    for await (const entries of readAll(filter)) {
      yield entries.map((entry) => csvRow(cellsOf(entry))).join('');
    }
  }
}

function cellsOf({ id, at, appId, actor, action, target, details, ip }: AuditEntry): string[] {
  const more = Object.keys(details).length === 0 ? '' : JSON.stringify(details);
  const did = auditActionText(action);
  return [
    String(id),
    at,
    auditActorText(actor),
    did,
    target ?? '',
    appId ?? '',
    more,
    ip ?? '',
    action,
  ];
}
