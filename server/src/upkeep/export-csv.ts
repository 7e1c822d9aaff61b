import { summariesHead, summaryLine } from '@xray/core';
import { withStale } from '../query/read-executions.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { ExportQuestion } from './export.js';

/** Rows that are read at a time. */
const AT_ONCE = 1_000;

/** The executions as CSV, without payloads, in the same order as the NDJSON. */
export async function* exportCsv(
  store: ExecutionStore,
  question: ExportQuestion,
  options: { bom: boolean; now: () => number },
): AsyncGenerator<string> {
  yield summariesHead(options.bom);
  let { after } = question;
  do {
    const list = { ...question, after, limit: AT_ONCE, isWhole: true };
    const { items, next } = await store.listExecutions(list);
    yield items.map((row) => summaryLine(withStale(row, options.now()))).join('');
    after = next;
  } while (after !== undefined);
}
