import { summariesHead, summaryLine } from '@xray/core';
import { isStale } from '../query/read-executions.js';
import type { Search } from '../search/search.js';
import type { ExportFilter, ListedExecution, Store } from '../store/store.js';
import { foundPages, type ExportQuestion } from './found-pages.js';

/** Rows that are read at a time. */
const AT_ONCE = 1_000;
/** Postgres reads 0 as no limit to a statement. */
const NO_LIMIT_MS = 0;

/** The executions as CSV, without payloads, in the same order as the NDJSON. */
export async function* exportCsv(
  store: Store,
  { after, ...scope }: ExportFilter,
  options: { bom: boolean; now: () => number },
): AsyncGenerator<string> {
  yield summariesHead(options.bom);
  let last = after && { key: after.at.getTime(), id: after.id };
  for (;;) {
    const page = await store.listExecutions({
      ...scope,
      after: last,
      limit: AT_ONCE,
      limitMs: NO_LIMIT_MS,
    });
    const end = page.at(-1);
    if (end === undefined) return;
    yield linesOf(page, options.now());
    last = { key: Date.parse(end.summary.at), id: end.id };
  }
}

/** The results of a search as CSV, newest first. */
export async function* exportFoundCsv(
  search: Search,
  question: ExportQuestion,
  options: { bom: boolean; now: () => number },
): AsyncGenerator<string> {
  yield summariesHead(options.bom);
  for await (const items of foundPages(search, question)) yield linesOf(items, options.now());
}

function linesOf(rows: ListedExecution[], now: number): string {
  return rows
    .map(({ summary }) =>
      summaryLine({
        ...summary,
        stale: isStale(summary.status, Date.parse(summary.receivedAt), now),
      }),
    )
    .join('');
}
