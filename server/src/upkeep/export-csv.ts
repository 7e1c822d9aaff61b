import { summariesHead, summaryLine } from '@xray/core';
import { isStale } from '../query/read-executions.js';
import type { Search, SearchQuestion } from '../search/search.js';
import type { ExportFilter, ListedExecution, Store } from '../store/store.js';

/** Rows that are read at a time. */
const AT_ONCE = 1_000;
const FOUND_AT_ONCE = 200;
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
  question: Omit<SearchQuestion, 'limit'>,
  options: { bom: boolean; now: () => number },
): AsyncGenerator<string> {
  yield summariesHead(options.bom);
  let { before } = question;
  do {
    const { items, next } = await search.find({
      ...question,
      before,
      limit: FOUND_AT_ONCE,
      maxMatches: 0,
      isWhole: true,
    });
    yield linesOf(items, options.now());
    before = next;
  } while (before !== undefined);
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
