import { sql, type RawBuilder } from 'kysely';
import type { ErasureCount } from '@xray/core';
import { appendAudit } from '../audit.js';
import type { Place } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import { eraseExecutions } from './erase-executions.js';
import { eraseFromIndex } from '../search/erase-from-index.js';
import { lockErasures } from '../erasure-lock.js';
import type { ErasedBatch, ErasureOptions, ErasureScope } from '../../store/execution-store.js';
import { eraseReplays } from '../accounts/replay-runs.js';
import { addToReceipt, leaveNamed, leaveTombstones } from '../tombstones.js';
import { instant } from '../instant.js';
import { countWithPerson, withPerson } from './people-among-candidates.js';
import { readTimePlace, writeTimePlace } from '../places.js';
import { scopeOf, type Erasing } from '../accounts/proof-pending.js';
import { eraseSpans } from './trace-spans.js';
import { eraseWaiting, refuseTraces } from '../accounts/due-traces.js';

type Db = Driver['db'];

/**
 * Executions that one transaction checks, so that it ends soon. The embedded database is slower,
 * and all its users wait meanwhile.
 */
const BATCH: Record<Driver['kind'], number> = { postgres: 1_000, pglite: 250 };
/** How much later than received_at an execution's `at` can be (records/read-snapshot.ts). */
const MAX_AHEAD = sql`interval '5 minutes'`;

/** A row that is erased, with the scope of its retention rule. */
interface Doomed {
  id: number;
  environment: string | null;
  pipeline: string | null;
  days: number | null;
}

/**
 * Executions with the rule that applies, as `ruleFor` of core chooses it: the rule that names most, and of two that
 * name as much the longer one.
 */
const WITH_RULES = sql`xray.executions e LEFT JOIN LATERAL (
    SELECT r.environment, r.pipeline, r.days FROM xray.retention r
    WHERE r.app = e.app AND r.environment IN ('', e.environment) AND r.pipeline IN ('', e.pipeline)
    ORDER BY (r.environment <> '')::integer + (r.pipeline <> '')::integer DESC, r.days DESC NULLS FIRST,
      r.environment = '', r.pipeline LIMIT 1
  ) AS rule ON true`;
const IS_HELD = sql`EXISTS (
  SELECT FROM xray.retention r WHERE r.app = e.app AND r.legal_hold
    AND r.environment IN ('', e.environment) AND r.pipeline IN ('', e.pipeline))`;

export async function countErasable(
  db: Db,
  scope: ErasureScope,
): Promise<{ erasable: ErasureCount; held: number }> {
  const { rows } = await sql<ErasureCount & { held: number }>`
    SELECT count(*) FILTER (WHERE NOT ${IS_HELD}) AS executions,
      coalesce(sum(e.step_count) FILTER (WHERE NOT ${IS_HELD}), 0)::bigint AS steps,
      coalesce(sum(e.bytes) FILTER (WHERE NOT ${IS_HELD}), 0)::bigint AS bytes,
      count(*) FILTER (WHERE ${IS_HELD}) AS held
    FROM ${WITH_RULES} WHERE ${isNear(scope)} AND ${isMeant(scope)}`.execute(db);
  const { held = 0, ...erasable } = rows[0] ?? { executions: 0, steps: 0, bytes: 0 };
  if (scope.what.kind !== 'subject') return { erasable, held };
  const among = await countWithPerson(
    db,
    {
      from: WITH_RULES,
      where: sql`${isNear(scope)} AND ${isInEnvironment(scope)} AND NOT (${isMeant(scope)})`,
      isHeld: IS_HELD,
    },
    scope.what,
  );
  return {
    erasable: {
      executions: erasable.executions + among.erasable.executions,
      steps: erasable.steps + among.erasable.steps,
      bytes: erasable.bytes + among.erasable.bytes,
    },
    held: held + among.held,
  };
}

export async function eraseBatch(
  { db, kind }: Driver,
  scope: ErasureScope,
  place: Place | undefined,
  options: ErasureOptions,
): Promise<ErasedBatch | undefined> {
  const after = readTimePlace(place);
  return await db.transaction().execute(async (tx) => {
    if (!(await lockErasures(tx, options))) return undefined;
    const near = await listNear(tx, scope, after, BATCH[kind]);
    const doomed = await lockMeant(
      tx,
      scope,
      near.map((row) => row.id),
    );
    const ids = doomed.map((row) => row.id);
    // Expired executions leave the index with the next merge or sweep. Until then their entries are dead.
    const { named } = options;
    const receipt =
      named === undefined || ids.length === 0 ? null : await leaveTombstones(tx, scope, named, ids);
    if (named !== undefined) await eraseFromIndex(tx, scope.app, ids);
    const causes = new Map(doomed.map((row) => [row.id, erasingOf(scope, row, receipt)]));
    const { executionIds, traceIds, ...counted } = await eraseExecutions(
      tx,
      ids,
      (id) => causes.get(id) ?? { type: 'erased', why: 'execution' },
    );
    if (named !== undefined) await forgetNoted(tx, scope.app, ids);
    const isNamed = named !== undefined;
    const spanIds = await eraseSpans(tx, scope.app, { traceIds, isNamed, isHeld: IS_HELD });
    await eraseWaiting(tx, scope.app, [...executionIds, ...spanIds]);
    const subject = scope.what.kind === 'subject' && after === undefined ? scope.what : null;
    await eraseReplays(tx, scope.app, { executionIds, subject });
    if (receipt !== null) {
      await leaveNamed(tx, scope.app, receipt, spanIds);
      await refuseTraces(tx, scope.app, traceIds);
    }
    const erased = receipt === null ? null : await addToReceipt(tx, receipt, counted);
    if (scope.what.kind === 'expired') await countByRule(tx, scope.app, doomed);
    if (options.audit !== undefined && counted.executions > 0) {
      await appendAudit(tx, options.audit(counted, receipt));
    }
    const last = near.length === BATCH[kind] ? near.at(-1) : undefined;
    return { erased: counted, receipt: erased, next: last && writeTimePlace(last) };
  });
}

/** What the log of seals says about the erasure. It names neither the execution nor the person. */
function erasingOf(
  { what }: ErasureScope,
  { environment, pipeline, days }: Doomed,
  receipt: string | null,
): Erasing {
  const audit = receipt === null ? {} : { audit: receipt };
  switch (what.kind) {
    case 'expired':
      return {
        type: 'erased',
        why: 'retention',
        ...(days !== null && { rule: { ...scopeOf(environment, pipeline), days } }),
      };
    case 'received_before':
      return { type: 'erased', why: 'before', ...audit };
    case 'execution':
    case 'subject':
      return { type: 'erased', why: what.kind, ...audit };
  }
}

/**
 * PGlite has no autovacuum, so this does its work with its default thresholds. Without it the space
 * of erased rows would never be used again, and the planner would not know the size of a table.
 */
export async function vacuum({ kind, db }: Driver): Promise<void> {
  if (kind !== 'pglite') return;
  const { rows } = await sql<{ name: string; hasDead: boolean }>`
    SELECT relname AS name, n_dead_tup > 50 + 0.2 * n_live_tup AS "hasDead"
    FROM pg_stat_user_tables
    WHERE schemaname = 'xray' AND (
      n_dead_tup > 50 + 0.2 * n_live_tup OR n_mod_since_analyze > 50 + 0.1 * n_live_tup)
    ORDER BY relname`.execute(db);
  for (const { name, hasDead } of rows) {
    const table = sql.table(`xray.${name}`);
    await (hasDead ? sql`VACUUM (ANALYZE) ${table}` : sql`ANALYZE ${table}`).execute(db);
  }
}

/** Deletes the notes about versions that exist in no other table. */
async function forgetNoted(tx: Db, app: string, ids: number[]): Promise<void> {
  await sql`DELETE FROM xray.outdated WHERE app = ${app} AND id = ANY (${ids}::bigint[])`.execute(
    tx,
  );
}

/** The next executions that an index alone cannot exclude. They are read without a lock. */
async function listNear(
  tx: Db,
  scope: ErasureScope,
  after: { at: Date; id: number } | undefined,
  limit: number,
): Promise<{ at: Date; id: number }[]> {
  const isAfter =
    after === undefined
      ? sql`true`
      : sql`(e.at, e.id) > (${instant(after.at.getTime())}, ${after.id}::bigint)`;
  const { rows } = await sql<{ at: Date; id: number }>`
    SELECT e.at, e.id FROM xray.executions e WHERE ${isNear(scope)} AND ${isAfter}
    ORDER BY e.at, e.id LIMIT ${limit}`.execute(tx);
  return rows;
}

/**
 * Locks the rows of `ids` that must be erased, with their current values. A row that was sent
 * again may be too new. Rows that a writer has locked are skipped, because waiting for them could
 * cause a deadlock.
 */
async function lockMeant(tx: Db, scope: ErasureScope, ids: number[]): Promise<Doomed[]> {
  if (ids.length === 0) return [];
  const { what } = scope;
  const maybe = what.kind === 'subject' ? sql`e.has_people` : sql`false`;
  const { rows } = await sql<Doomed & { bytes: number; isMeant: boolean }>`
    SELECT e.id, rule.environment, rule.pipeline, rule.days, e.bytes, ${isMeant(scope)} AS "isMeant"
    FROM ${WITH_RULES}
    WHERE e.id = ANY (${ids}::bigint[]) AND (${isMeant(scope)} OR ${maybe})
      AND ${isInEnvironment(scope)} AND NOT ${IS_HELD}
    FOR UPDATE OF e SKIP LOCKED`.execute(tx);
  if (what.kind !== 'subject') return rows;
  const suspects = rows.filter((row) => !row.isMeant);
  const found = await withPerson(tx, suspects, what);
  return rows.filter((row) => row.isMeant || found.has(row.id));
}

async function countByRule(tx: Db, app: string, doomed: Doomed[]): Promise<void> {
  const environments = doomed.map((row) => row.environment);
  const pipelines = doomed.map((row) => row.pipeline);
  await sql`
    UPDATE xray.retention r SET deleted = r.deleted + erased.executions, deleted_at = now()
    FROM (
      SELECT environment, pipeline, count(*) AS executions
      FROM unnest(${environments}::text[], ${pipelines}::text[]) AS t(environment, pipeline)
      GROUP BY environment, pipeline
    ) AS erased
    WHERE r.app = ${app} AND r.environment = erased.environment AND r.pipeline = erased.pipeline`.execute(
    tx,
  );
}

/** The bounds of the walk along an index. Everything in scope is within them. */
function isNear({ app, what }: ErasureScope): RawBuilder<unknown> {
  const ofApp = sql`e.app = ${app}`;
  switch (what.kind) {
    case 'expired':
      return sql`${ofApp} AND e.at < (
        SELECT ${instant(what.now.getTime())} - min(days) * interval '1 day' + ${MAX_AHEAD}
        FROM xray.retention WHERE app = ${app})`;
    case 'received_before':
      return sql`${ofApp} AND e.at < ${instant(what.before.getTime())} + ${MAX_AHEAD}`;
    case 'execution':
      return sql`${ofApp} AND e.execution_id = ${what.executionId}`;
    case 'subject':
      return ofApp;
  }
}

function isInEnvironment({ environment }: ErasureScope): RawBuilder<unknown> {
  return environment === undefined ? sql`true` : sql`e.environment = ${environment}`;
}

/** Whether an execution within the bounds is in scope, as far as its columns can decide. */
function isMeant(scope: ErasureScope): RawBuilder<unknown> {
  const { what } = scope;
  const inEnvironment = isInEnvironment(scope);
  switch (what.kind) {
    case 'expired':
      return sql`${inEnvironment}
        AND e.received_at < ${instant(what.now.getTime())} - rule.days * interval '1 day'`;
    case 'received_before':
      return sql`${inEnvironment} AND e.received_at < ${instant(what.before.getTime())}`;
    case 'execution':
      return inEnvironment;
    case 'subject': {
      const person = sql`${JSON.stringify([{ type: what.type, id: what.id }])}::jsonb`;
      return sql`${inEnvironment}
        AND (e.subjects @> ${person} OR EXISTS (SELECT FROM xray.trace_spans s
          WHERE s.app = e.app AND s.trace_id = e.trace_id AND s.subjects @> ${person}))`;
    }
  }
}
