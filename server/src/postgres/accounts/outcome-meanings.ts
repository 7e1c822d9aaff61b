import { sql } from 'kysely';
import type { AppOutcomes, OutcomeMeanings } from '@xray/core';
import type { Driver } from '../driver.js';

type Db = Driver['db'];

/** The meanings of an app's outcomes, for each pipeline that has meanings, sorted by name. */
export async function listOutcomeMeanings(db: Db, app: string): Promise<AppOutcomes['items']> {
  const { rows } = await sql<AppOutcomes['items'][number]>`
    SELECT pipeline, outcomes FROM xray.outcome_meanings
    WHERE app = ${app} ORDER BY pipeline`.execute(db);
  return rows;
}

/** Replaces the meanings of a pipeline. An empty list removes them. */
export async function saveOutcomeMeanings(
  tx: Db,
  app: string,
  pipeline: string,
  { outcomes }: OutcomeMeanings,
): Promise<void> {
  if (outcomes.length === 0) {
    await sql`
      DELETE FROM xray.outcome_meanings WHERE app = ${app} AND pipeline = ${pipeline}`.execute(tx);
    return;
  }
  await sql`
    INSERT INTO xray.outcome_meanings (app, pipeline, outcomes)
    VALUES (${app}, ${pipeline}, ${JSON.stringify(outcomes)}::jsonb)
    ON CONFLICT (app, pipeline) DO UPDATE SET outcomes = excluded.outcomes, saved_at = now()`.execute(
    tx,
  );
}
