import { setTimeout } from 'node:timers/promises';
import type { SearchMatch } from '@xray/core';
import type { Change, Changes, Condition, Store } from '../store/store.js';

/** A poll's page is this many executions at most. */
const PAGE = 500;
/** A client that missed more pages of changes than this should read the list again. */
const MAX_PAGES_MISSED = 4;

export interface FollowOptions {
  app: string;
  /** A condition on `xray.executions e`. */
  where: Condition;
  /** What of that is meant, where columns alone do not tell; in the same order. */
  select?: ((changes: Change[], signal: AbortSignal) => Promise<FollowedChange[]>) | undefined;
  /** The cursor from which on; undefined begins now. */
  since: string | undefined;
  everyMs: number;
  signal: AbortSignal;
}

/** With where the searched words stand, if there are any. */
export type FollowedChange = Change & { matches?: SearchMatch[] };

/**
 * `cursor` is where to go on when no later event came. An `execution` comes once, unless one goes on from
 * a cursor: then what was written just around it may come again. `missed`: more than is told one by one.
 */
export type FollowEvent =
  | { kind: 'execution'; listed: FollowedChange }
  | { kind: 'cursor'; cursor: string }
  | { kind: 'missed' };

/**
 * New and updated executions as they are committed, by whichever instance. It looks again every
 * `everyMs`, and only when the last event was taken, so that a slow reader costs no memory.
 */
export async function* followExecutions(
  store: Store,
  { app, where, select = async (changes) => changes, since, everyMs, signal }: FollowOptions,
): AsyncGenerator<FollowEvent> {
  let horizon = await startingPoint(store, since);
  yield { kind: 'cursor', cursor: horizon };
  // Those at or above the horizon are found again, and were told already.
  let told = new Set<string>();
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
      const fresh = page.items.filter((change) => !told.has(keyOf(change)));
      for (const listed of await select(fresh, signal)) yield { kind: 'execution', listed };
    }
    if (pages > MAX_PAGES_MISSED) {
      yield { kind: 'missed' };
      next = await store.readHorizon();
      above.clear();
    }
    told = above;
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

/** The cursor of a database that is no more may lie in the future, where nothing would ever come. */
async function startingPoint(store: Store, since: string | undefined): Promise<string> {
  const now = await store.readHorizon();
  return since === undefined || BigInt(since) > BigInt(now) ? now : since;
}
