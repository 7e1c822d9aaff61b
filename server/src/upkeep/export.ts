import { sql } from 'kysely';
import type { Search, SearchQuestion } from '../search/search.js';
import { isStale } from '../query/read-executions.js';
import type { ExportFilter, ExportedExecution, Store } from '../store/store.js';

/** Search results that are read at a time. */
const FOUND_AT_ONCE = 200;

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
  question: Omit<SearchQuestion, 'limit'>,
  now: () => number,
): AsyncGenerator<string> {
  const { app } = question.range;
  let { before } = question;
  do {
    const { items, next } = await search.find({
      ...question,
      before,
      limit: FOUND_AT_ONCE,
      maxMatches: 0,
      isWhole: true,
    });
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
    before = next;
  } while (before !== undefined);
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
  };
  return `{"snapshot":${snapshot},"server":${JSON.stringify(server)}}\n`;
}
