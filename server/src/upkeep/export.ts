import { parseJson, type Snapshot } from '@xray/core';
import { isStale } from '../query/read-executions.js';
import type { ExportedSeal, SealedLine } from '../proof/sealed-lines.js';
import { otlpTextOf } from '../records/otlp-export.js';
import { exportedLine } from '../records/seal-records.js';
import type { ExportedExecution } from '../store/execution-record.js';
import type { ExecutionStore } from '../store/execution-store.js';

/** The executions of an export and their order. With words or candidates in the filter, only `-at`. */
export type ExportQuestion = Parameters<ExecutionStore['exportExecutions']>[0];

/**
 * The executions as NDJSON, one page in memory at a time. A page may be empty, because the next result of a search
 * may take long. Executions that arrive meanwhile are left out if their place is before the current page.
 */
export async function* exportLines(
  store: ExecutionStore,
  question: ExportQuestion,
  now: () => number,
): AsyncGenerator<string> {
  let { after } = question;
  do {
    const { items, next } = await store.exportExecutions({ ...question, after });
    yield items.map((execution) => exportLine(execution, now())).join('');
    after = next;
  } while (after !== undefined);
}

/** The lines of an export with their seals. */
export async function* sealedLines(
  pages: AsyncIterable<SealedLine[]>,
  now: () => number,
): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map(({ execution, seal }) => exportLine(execution, now(), seal)).join('');
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

/** The snapshot's text is not parsed. */
export function exportLine(execution: ExportedExecution, now: number, seal?: ExportedSeal): string {
  const server = {
    receivedAt: execution.receivedAt.toISOString(),
    conflict: execution.conflict,
    stale: isStale(execution.status, execution.receivedAt.getTime(), now),
    bytes: execution.bytes,
    merge: execution.merge,
    ...(execution.spans.length > 0 && { spans: execution.spans }),
    ...(seal && { seal }),
  };
  return `${exportedLine(execution.body, server)}\n`;
}
