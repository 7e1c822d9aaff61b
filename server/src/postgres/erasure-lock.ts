import { sql } from 'kysely';
import type { Driver } from './driver.js';

type Db = Driver['db'];

/** The advisory lock of erasures and of changes to the retention rules. */
const ERASURE_LOCK = 7_247_914;

/** Keeps other erasures out until the transaction ends. False when one is running and `wait` is not set. */
export async function lockErasures(tx: Db, { wait }: { wait: boolean }): Promise<boolean> {
  if (wait) {
    await sql`SELECT pg_advisory_xact_lock(${ERASURE_LOCK}::bigint)`.execute(tx);
    return true;
  }
  const { rows } = await sql<{ taken: boolean }>`
    SELECT pg_try_advisory_xact_lock(${ERASURE_LOCK}::bigint) AS taken`.execute(tx);
  return rows[0]?.taken === true;
}

/** Waits for a running erasure and blocks others until the transaction ends. */
export async function keepErasuresOut(tx: Db): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(${ERASURE_LOCK}::bigint)`.execute(tx);
}
