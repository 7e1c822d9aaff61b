import { setTimeout } from 'node:timers/promises';
import type { SearchMatch } from '@xray/core';
import type { Change, Changes, Condition, Store } from '../store/store.js';

/** The largest number of executions in one page of a poll. */
const PAGE = 500;
/** A client that missed more pages of changes than this should reload the list. */
const MAX_PAGES_MISSED = 4;

export interface FollowOptions {
  app: string;
  /** A condition on `xray.executions e`. */
  where: Condition;
  /** Selects the changes that match, if columns alone cannot decide; in the same order. */
  select?: ((changes: Change[], signal: AbortSignal) => Promise<FollowedChange[]>) | undefined;
  /** The cursor to continue from; undefined starts now. */
  since: string | undefined;
  everyMs: number;
  signal: AbortSignal;
}

/** A change, with the places of the searched words if there are any. */
export type FollowedChange = Change & { matches?: SearchMatch[] };

/**
 * `cursor` is the place to continue from if no later event arrived. An `execution` comes once;
 * after continuing from a cursor, executions written around it may come again. `missed`: there were
 * too many changes to send.
 */
export type FollowEvent =
  | { kind: 'execution'; listed: FollowedChange }
  | { kind: 'cursor'; cursor: string }
  | { kind: 'missed' };

/**
 * New and updated executions as any instance commits them. It polls every `everyMs`, but only after
 * the last event was taken, so a slow reader costs no memory.
 */
export async function* followExecutions(
  store: Store,
  { app, where, select = async (changes) => changes, since, everyMs, signal }: FollowOptions,
): AsyncGenerator<FollowEvent> {
  let horizon = await startingPoint(store, since);
  yield { kind: 'cursor', cursor: horizon };
  // Changes at or above the horizon are found again by the next poll. They were already sent.
  let sent = new Set<string>();
  while (!signal.aborted) {
    const above = new Set<string>();
    let next: string | undefined;
    let pages = 0;
    for await (const page of pagesSince(store, { app, where, since: horizon })) {
      next ??= page.horizon;
      if (++pages > MAX_PAGES_MISSED) break;
      for (const change of page.items) {
        if (BigInt(change.xact) >= BigInt(next)) above.add(keyOf(change));
      }
      const fresh = page.items.filter((change) => !sent.has(keyOf(change)));
      for (const listed of await select(fresh, signal)) yield { kind: 'execution', listed };
    }
    if (pages > MAX_PAGES_MISSED) {
      yield { kind: 'missed' };
      next = await store.readHorizon();
      above.clear();
    }
    sent = above;
    if (next !== undefined && next !== horizon) yield { kind: 'cursor', cursor: next };
    horizon = next ?? horizon;
    await setTimeout(everyMs, undefined, { ref: false, signal }).catch(() => {});
  }
}

function keyOf({ id, xact }: Change): string {
  return `${id} ${xact}`;
}

async function* pagesSince(
  store: Store,
  filter: { app: string; where: Condition; since: string },
): AsyncGenerator<Changes> {
  let after: Changes['last'];
  do {
    const page = await store.readChanges({ ...filter, after, limit: PAGE });
    yield page;
    after = page.items.length < PAGE ? undefined : page.last;
  } while (after !== undefined);
}

/** The cursor of a deleted database may be in the future, and nothing would ever arrive there. */
async function startingPoint(store: Store, since: string | undefined): Promise<string> {
  const now = await store.readHorizon();
  return since === undefined || BigInt(since) > BigInt(now) ? now : since;
}
