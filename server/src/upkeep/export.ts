import { sql } from 'kysely';
import { parseJson, type Snapshot } from '@xray/core';
import type { Search } from '../search/search.js';
import { isStale } from '../query/read-executions.js';
import { otlpTextOf } from '../records/otlp-export.js';
import type { ExportFilter, ExportedExecution, Store } from '../store/store.js';
import { foundPages, type ExportQuestion } from './found-pages.js';

/**
 * The executions as NDJSON, one page in memory at a time. Executions that arrive meanwhile are left
 * out if their place is before the current page.
 */
export async function* exportLines(
  store: Store,
  filter: ExportFilter,
  now: () => number,
): AsyncGenerator<string> {
  let { after } = filter;
  for (;;) {
    const page = await store.exportExecutions({ ...filter, after });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map((execution) => exportLine(execution, now())).join('');
    after = { at: last.at, id: last.id };
  }
}

/**
 * The results of a search as NDJSON, newest first. A page may be empty, because the next result may
 * take long.
 */
export async function* exportFound(
  { store, search }: { store: Store; search: Search },
  question: ExportQuestion,
  now: () => number,
): AsyncGenerator<string> {
  const { app } = question.range;
  for await (const items of foundPages(search, question)) {
    const ids = items.map(({ id }) => id);
    const where = sql<boolean>`e.id = ANY (${ids}::bigint[])`;
    const page = {
      app,
      where,
      from: undefined,
      to: undefined,
      sort: '-at',
      after: undefined,
    } as const;
    if (ids.length === 0) yield '';
    else yield* exportLines(store, page, now);
  }
}

/** The lines of an export as requests of OpenTelemetry, one on each line. */
export async function* otlpPages(pages: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const page of pages) {
    const lines = page.split('\n').filter((line) => line !== '');
    yield lines
      .map((line) => {
        const { snapshot } = parseJson(line) as unknown as { snapshot: Snapshot };
        return `${otlpTextOf(snapshot)}\n`;
      })
      .join('');
  }
}

/** The snapshot's text is not parsed. Line ends in it can only be white space between its parts. */
function exportLine(execution: ExportedExecution, now: number): string {
  const snapshot = execution.body.replaceAll(/[\r\n]/g, ' ');
  const server = {
    receivedAt: execution.receivedAt.toISOString(),
    conflict: execution.conflict,
    stale: isStale(execution.status, execution.receivedAt.getTime(), now),
    bytes: execution.bytes,
    merge: execution.merge,
    ...(execution.spans.length > 0 && { spans: execution.spans }),
  };
  return `{"snapshot":${snapshot},"server":${JSON.stringify(server)}}\n`;
}
