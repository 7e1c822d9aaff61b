import { isStale } from '../query/read-executions.js';
import type { ExportFilter, ExportedExecution, Store } from '../store/store.js';

/**
 * The executions as NDJSON, a page at a time, so that however many there are only one page is in memory.
 * What comes in meanwhile with an earlier time than the page under way is not in it.
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
