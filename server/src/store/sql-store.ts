import { sql } from 'kysely';
import { appendAudit } from './audit.js';
import * as cases from './cases.js';
import * as changes from './changes.js';
import * as cohorts from './cohorts.js';
import * as counts from './counts.js';
import { drawnBodies } from './drawn-bodies.js';
import type { Driver } from './driver.js';
import * as erasure from './erasure.js';
import * as executions from './executions.js';
import * as fairness from './fairness.js';
import { readFlow } from './flows.js';
import { forwardingStore } from './forwarding.js';
import { migrate } from './migrations.js';
import { suggest } from './names.js';
import { answeredWithin, DISK_FULL } from './outage.js';
import { listOutcomeMeanings, saveOutcomeMeanings } from './outcome-meanings.js';
import * as retention from './retention.js';
import * as derived from './rewrite-derived.js';
import * as pipelines from './pipelines.js';
import { readRules } from './rules.js';
import { writeOtlpSettings } from './otlp-results.js';
import { saveExecutions } from './save-executions.js';
import { sqlAccessEdits, sqlAccessStore } from './sql-access-store.js';
import { sqlSearchStore } from './sql-search-store.js';
import type { Audited, Edits, Store } from './store.js';
import * as tombstones from './tombstones.js';
import { joinSpans, readSpans } from './trace-spans.js';
import * as transfer from './transfer.js';
import { waitingStore } from './waiting-spans.js';

/** How long ingest waits for an answer of Postgres, in ms. An SDK gives up after ten seconds. */
const ANSWER_MS = 8_000;
/** The same for a ping, in ms. */
const PING_MS = 2_000;
/**
 * After a write that found the disk full, further writes fail for this long without a try, in ms.
 */
const FULL_MS = 5_000;

/** The store on any Postgres that a driver reaches. */
export function createSqlStore(driver: Driver): Store {
  const { db, kind } = driver;
  const access = sqlAccessStore(db);
  // The embedded database cannot vanish like a host. It may be slow, so callers wait for it.
  const within = async <T>(ms: number, work: Promise<T>): Promise<T> =>
    kind === 'postgres' ? await answeredWithin(ms, work) : await work;
  let full: { error: unknown; at: number } | undefined;
  return {
    kind,
    index: sqlSearchStore(db),
    waiting: waitingStore(db),
    forwarding: forwardingStore(db),
    drawn: drawnBodies(db),
    migrate: () => migrate(driver),
    async ping() {
      await within(PING_MS, ping(driver));
      // A full disk does not affect reads, and a small write may still fit.
      if (full !== undefined && performance.now() - full.at < FULL_MS) throw full.error;
    },
    close: () => driver.close(),

    async saveExecutions(records) {
      try {
        const outcomes = await within(ANSWER_MS, saveExecutions(db, records));
        full = undefined;
        return outcomes;
      } catch (error) {
        const isFull = (error as NodeJS.ErrnoException).code === DISK_FULL;
        if (isFull) full = { error, at: performance.now() };
        throw error;
      }
    },
    listExecutions: (filter) => executions.listExecutions(db, filter),
    readChanges: (filter) => changes.readChanges(db, filter),
    readHorizon: () => changes.readHorizon(db),
    countFacets: (scope) => counts.countFacets(db, scope),
    listReleases: (scope) => counts.listReleases(db, scope),
    countByTime: (scope) => counts.countByTime(db, scope),
    readSpans: (execution) => readSpans(db, execution),
    joinSpans: (trace, records) => joinSpans(db, trace, records),
    readExecution: (app, executionId) => executions.readExecution(db, app, executionId),
    listOutcomeMeanings: (app) => listOutcomeMeanings(db, app),
    listPipelines: (scope) => pipelines.listPipelines(db, scope),
    readOverTime: (scope) => pipelines.readOverTime(db, scope),
    readFlow: (scope) => readFlow(db, scope),
    readRules: (scope) => readRules(db, scope),
    countByGroup: (scope, limit) => fairness.countByGroup(db, scope, limit),
    listKeyed: (scope, after, limit) => fairness.listKeyed(db, scope, after, limit),
    countCohorts: (pair) => cohorts.countCohorts(db, pair),
    measureCohorts: (pair, found) => cohorts.measureCohorts(db, pair, found),
    countTraits: (pair, found, outcome) => cohorts.countTraits(db, pair, found, outcome),

    listLinksTo: (app, executionId, limit) => cases.listLinksTo(db, app, executionId, limit),
    findAbout: (...asked) => cases.findAbout(db, ...asked),
    listLinked: (ids) => cases.listLinked(db, ids),
    findNeighbours: (app, around) => cases.findNeighbours(db, app, around),
    suggest: (app, wanted) => suggest(db, app, wanted),

    ...access,
    findKey: (hash) => within(ANSWER_MS, access.findKey(hash)),
    touchKey: (id) => within(ANSWER_MS, access.touchKey(id)),
    change: (work) => change(db, work),

    findPlace: (app, executionId) => transfer.findPlace(db, app, executionId),
    exportExecutions: (filter) => transfer.exportExecutions(db, filter),
    readTransfer: (app) => transfer.readTransfer(db, app),

    readRetention: (app) => retention.readRetention(db, app),
    countByAge: (app, now) => retention.countByAge(db, app, now),
    countErasable: (scope) => erasure.countErasable(db, scope),
    eraseBatch: (scope, after, options) => erasure.eraseBatch(driver, scope, after, options),
    readReceipt: (app, id) => tombstones.readReceipt(db, app, id),
    listReceipts: (app) => tombstones.listReceipts(db, app),
    readTombstone: (app, executionId) => tombstones.readTombstone(db, app, executionId),
    readBodies: (after) => derived.readBodies(db, after),
    rewriteDerived: (records) => derived.rewriteDerived(db, records),
    copyFiles: async () => await driver.copyFiles?.(),
    vacuum: () => erasure.vacuum(driver),
  };
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
      addTransfer: (app, added) => transfer.addTransfer(tx, app, added),
      replaceRetention: (app, rules) => retention.replaceRetention(tx, app, rules),
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
    throw Object.assign(new Error('the database is read-only'), { code: '25006' });
  }
}
