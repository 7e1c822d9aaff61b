import type { Db } from './client.js';
import { localName } from './flavours.js';
import { Params } from './params.js';

/** Ids in one statement. */
const IDS_AT_ONCE = 1_000;
const TABLES = ['executions', 'records', 'search', 'appearances'] as const;

/**
 * Hides every trace of executions at once. The values are on the disk until `applyMasks`. Rows are found by their
 * ids only: a deletion by words ignores the index and its tokenizer, and would delete nothing without a word.
 */
export async function hideExecutions(db: Db, app: string, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
    const some = ids.slice(from, from + IDS_AT_ONCE);
    for (const table of TABLES) {
      const params = new Params();
      await db.run(
        `DELETE FROM ${onEveryShard(db, table)}
        WHERE app = ${params.text(app)} AND execution_id IN ${params.texts(some)}`,
        params,
        { lightweight_deletes_sync: '2' },
      );
    }
  }
}

/**
 * Removes hidden rows from the disk. Only parts with hidden rows are written again, but each of them as a whole, so
 * this is for all erasures of a day. The old parts are deleted some minutes later (`old_parts_lifetime`).
 */
export async function applyMasks(db: Db): Promise<void> {
  for (const table of TABLES) {
    await db.run(`ALTER TABLE ${onEveryShard(db, table)} APPLY DELETED MASK`, undefined, {
      mutations_sync: '2',
    });
  }
}

function onEveryShard({ flavour }: Db, table: string): string {
  const name = localName(flavour, table);
  return flavour.kind === 'cluster' ? `${name} ON CLUSTER '${flavour.cluster}'` : name;
}
