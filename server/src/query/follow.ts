import { setTimeout } from 'node:timers/promises';
import type { QueryNode } from '@xray/core';
import type { FoundExecution } from '../store/answers.js';
import type { ChangePage, ExecutionStore } from '../store/execution-store.js';

/** The largest number of executions in one page of a poll. */
const PAGE = 500;
/** A client that missed more pages of changes than this should reload the list. */
const MAX_PAGES_MISSED = 4;

export interface FollowOptions {
  app: string;
  filter: QueryNode;
  nowMs: number;
  /** The cursor to continue from; undefined starts now. */
  since: string | undefined;
  everyMs: number;
  signal: AbortSignal;
}

/**
 * `cursor` is the place to continue from if no later event arrived. An `execution` comes once;
 * after continuing from a cursor, executions written around it may come again. `missed`: there were
 * too many changes to send.
 */
export type FollowEvent =
  | { kind: 'execution'; execution: FoundExecution }
  | { kind: 'cursor'; cursor: string }
  | { kind: 'missed' };

/**
 * New and updated executions as any instance commits them. It polls every `everyMs`, but only after
 * the last event was taken, so a slow reader costs no memory.
 */
export async function* followExecutions(
  store: ExecutionStore,
  { since, everyMs, signal, ...filter }: FollowOptions,
): AsyncGenerator<FollowEvent> {
  const read = async (from: string | undefined, known: ReadonlySet<string>): Promise<ChangePage> =>
    await store.readChanges({ ...filter, since: from, known, limit: PAGE, signal });
  let sent: string | undefined;
  let cursor = since;
  let known: ReadonlySet<string> = new Set();
  while (!signal.aborted) {
    const again = new Set<string>();
    let page = await read(cursor, known);
    // The first cursor opens the stream, even if nothing happens.
    if (sent === undefined) yield { kind: 'cursor', cursor: (sent = cursor ?? page.cursor) };
    for (let pages = 1; ; pages++) {
      for (const version of page.again) again.add(version);
      for (const execution of page.items) yield { kind: 'execution', execution };
      if (!page.hasMore) break;
      page = await read(pages < MAX_PAGES_MISSED ? page.cursor : undefined, known);
      if (pages < MAX_PAGES_MISSED) continue;
      yield { kind: 'missed' };
      again.clear();
      break;
    }
    known = again;
    ({ cursor } = page);
    if (cursor !== sent) yield { kind: 'cursor', cursor: (sent = cursor) };
    await setTimeout(everyMs, undefined, { ref: false, signal }).catch(() => {});
  }
}
