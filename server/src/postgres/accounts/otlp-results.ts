import { sql } from 'kysely';
import type { OtlpSettings } from '@xray/core';
import type { Driver } from '../driver.js';
import { instant } from '../instant.js';
import type { OtlpCount } from '../../store/waiting-store.js';

type Db = Driver['db'];

/** Adds to the counts of an app. `message` tells people why the last was refused. */
export async function countOtlp(
  db: Db,
  app: string,
  counts: { result: string; count: number; message: string }[],
  now: Date,
): Promise<void> {
  for (const { result, count, message } of counts) {
    await sql`
      INSERT INTO xray.otlp_counts (app, result, count, last_at, last_message)
      VALUES (${app}, ${result}, ${count}, ${instant(now.getTime())}, ${message})
      ON CONFLICT (app, result) DO UPDATE SET count = otlp_counts.count + excluded.count,
        last_at = excluded.last_at, last_message = excluded.last_message`.execute(db);
  }
}

export async function readOtlpCounts(db: Db, app: string): Promise<OtlpCount[]> {
  const { rows } = await sql<OtlpCount>`
    SELECT result, count, last_at AS "lastAt", last_message AS "lastMessage"
    FROM xray.otlp_counts WHERE app = ${app} ORDER BY result`.execute(db);
  return rows;
}

export async function readOtlpSettings(db: Db, app: string): Promise<OtlpSettings | undefined> {
  const { rows } = await sql<{ body: OtlpSettings }>`
    SELECT body FROM xray.otlp_settings WHERE app = ${app}`.execute(db);
  return rows[0]?.body;
}

export async function writeOtlpSettings(tx: Db, app: string, body: OtlpSettings): Promise<void> {
  await sql`
    INSERT INTO xray.otlp_settings (app, body) VALUES (${app}, ${JSON.stringify(body)}::jsonb)
    ON CONFLICT (app) DO UPDATE SET body = excluded.body, updated_at = now()`.execute(tx);
}
