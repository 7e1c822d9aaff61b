import { sql } from 'kysely';
import { Search } from './search/search.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { AccountStore, Audited, Edits } from '../store/account-store.js';
import { addTransfer, readTransfer } from './accounts/app-transfer.js';
import { appendAudit } from './audit.js';
import type { Driver } from './driver.js';
import type { Engine } from './executions/engine.js';
import { StoreOutage } from '../store/errors.js';
import { executionMethods } from './executions/execution-methods.js';
import { listRows } from './rows.js';
import type { ExecutionStore, StoreLimits } from '../store/execution-store.js';
import { forwardingStore } from './accounts/forwarding.js';
import { migrate } from './migrations.js';
import { answeredWithin, DISK_FULL, sqlStateOf } from './outage.js';
import { listOutcomeMeanings, saveOutcomeMeanings } from './accounts/outcome-meanings.js';
import { writeOtlpSettings } from './accounts/otlp-results.js';
import { proofStore } from './accounts/sealing.js';
import { readRetention, replaceRetention } from './accounts/retention.js';
import { replayRuns } from './accounts/replay-runs.js';
import { saveExecutions } from './executions/save-executions.js';
import type { RowFilter } from './scope.js';
import { sqlAccessEdits, sqlAccessStore } from './accounts/sql-access-store.js';
import { sqlSearchStore } from './search/sql-search-store.js';
import type { Stores } from '../store/stores.js';
import { listReceipts, readReceipt } from './tombstones.js';
import { waitingStore } from './accounts/waiting-spans.js';

/** How long ingest waits for an answer of Postgres, in ms. An SDK gives up after ten seconds. */
const ANSWER_MS = 8_000;
/** The same for a ping, in ms. */
const PING_MS = 2_000;
/**
 * After a write that found the disk full, further writes fail for this long without a try, in ms.
 */
const FULL_MS = 5_000;

/** How many connections a heavy read holds at most. The rest of the pool is for ingest and quick reads. */
const CONNECTIONS_EACH = 2;
const CONNECTIONS_LEFT = 2;

/** The parts that answer questions. `threads` read bodies. */
export function engineOver({ db, kind }: Driver, threads: TaskThreads): Engine {
  const index = sqlSearchStore(db);
  const rows = { index, listRows: (filter: RowFilter) => listRows(db, filter) };
  return { kind, db, index, search: new Search(rows, threads), threads };
}

/** The stores on any Postgres that a driver reaches. `threads` read bodies. */
export function createStores(driver: Driver, threads: TaskThreads): Stores {
  const { copyFiles } = driver;
  return {
    accounts: accountStore(driver),
    executions: executionStore(driver, threads),
    ...(copyFiles !== undefined && { embedded: { copyFiles } }),
  };
}

/** It owns the driver, and its tables are those of the executions too. */
function accountStore(driver: Driver): AccountStore {
  const { db } = driver;
  const access = sqlAccessStore(db);
  return {
    ...access,
    waiting: waitingStore(db),
    forwarding: forwardingStore(db),
    replays: replayRuns(db),
    proof: proofStore(db),
    migrate: () => migrate(driver),
    ping: () => within(driver, PING_MS, ping(driver)),
    close: () => driver.close(),
    findKey: (hash) => within(driver, ANSWER_MS, access.findKey(hash)),
    touchKey: (id) => within(driver, ANSWER_MS, access.touchKey(id)),
    change: (work) => change(db, work),
    listOutcomeMeanings: (app) => listOutcomeMeanings(db, app),
    readTransfer: (app) => readTransfer(db, app),
    readRetention: (app) => readRetention(db, app),
    readReceipt: (app, id) => readReceipt(db, app, id),
    listReceipts: (app) => listReceipts(db, app),
  };
}

function executionStore(driver: Driver, threads: TaskThreads): ExecutionStore {
  let full: { error: unknown; at: number } | undefined;
  return {
    ...executionMethods(driver, engineOver(driver, threads)),
    kind: driver.kind,
    limits: limitsOf(driver),
    migrate: async () => [],
    async ping() {
      await within(driver, PING_MS, ping(driver));
      // A full disk does not affect reads, and a small write may still fit.
      if (full !== undefined && performance.now() - full.at < FULL_MS) throw full.error;
    },
    close: async () => {},
    async saveExecutions(records) {
      try {
        const outcomes = await within(driver, ANSWER_MS, saveExecutions(driver.db, records));
        full = undefined;
        return outcomes;
      } catch (error) {
        if (sqlStateOf(error) === DISK_FULL) full = { error, at: performance.now() };
        throw error;
      }
    },
  };
}

/** The embedded database cannot vanish like a host. It may be slow, so callers wait for it. */
async function within<T>({ kind }: Driver, ms: number, work: Promise<T>): Promise<T> {
  return kind === 'postgres' ? await answeredWithin(ms, work) : await work;
}

/**
 * The embedded database has one connection, which all share. With Postgres, a second batch runs while the first one
 * waits.
 */
function limitsOf({ maxConnections }: Driver): StoreLimits {
  if (maxConnections === undefined) return { batchesAtOnce: 1, heavyReadsAtOnce: 2 };
  const heavyReads = Math.floor((maxConnections - CONNECTIONS_LEFT) / CONNECTIONS_EACH);
  return { batchesAtOnce: 2, heavyReadsAtOnce: Math.min(8, Math.max(1, heavyReads)) };
}

async function change<T>(
  db: Driver['db'],
  work: (edits: Edits) => Promise<Audited<T>>,
): Promise<T> {
  return await db.transaction().execute(async (tx) => {
    const { result, entry } = await work({
      ...sqlAccessEdits(tx),
      saveOutcomeMeanings: (app, pipeline, meanings) =>
        saveOutcomeMeanings(tx, app, pipeline, meanings),
      addTransfer: (app, added) => addTransfer(tx, app, added),
      replaceRetention: (app, rules) => replaceRetention(tx, app, rules),
      writeOtlpSettings: (app, settings) => writeOtlpSettings(tx, app, settings),
    });
    if (entry !== undefined) await appendAudit(tx, entry);
    return result;
  });
}

async function ping({ db }: Driver): Promise<void> {
  const { rows } = await sql<{ readOnly: string }>`
    SELECT current_setting('transaction_read_only') AS "readOnly"`.execute(db);
  if (rows[0]?.readOnly !== 'off') {
    throw new StoreOutage('the database is read-only', undefined);
  }
}
