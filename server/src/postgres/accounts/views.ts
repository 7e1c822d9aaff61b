import { sql, type RawBuilder } from 'kysely';
import { MAX_VIEWS, type SavedView, type ViewParams } from '@xray/core';
import type { ViewToSave } from '../../store/access-store.js';
import type { Driver } from '../driver.js';

type Db = Driver['db'];

interface ViewRow {
  id: string;
  name: string;
  params: ViewParams;
  is_shared: boolean;
  saved_by: string;
  saved_at: Date;
}

const COLUMNS = sql`id, name, params, owner IS NULL AS is_shared, saved_by, saved_at`;

export async function listViews(
  db: Db,
  app: string,
  userId: string | undefined,
): Promise<SavedView[]> {
  const { rows } = await sql<ViewRow>`
    SELECT ${COLUMNS} FROM xray.views
    WHERE app = ${app} AND (owner IS NULL OR ${isOwnedBy(userId)})
    ORDER BY lower(name), name, id`.execute(db);
  return rows.map(toView);
}

/**
 * Replaces the view with the same name among the shared views, or among those of its owner. A view
 * that becomes shared no longer belongs to its owner. Undefined if there are already too many.
 */
export async function saveView(tx: Db, view: ViewToSave): Promise<SavedView | undefined> {
  const { app, userId, name, isShared } = view;
  await waitForOthers(tx, app);
  const shelf = isShared ? sql`owner IS NULL` : isOwnedBy(userId);
  await sql`
    DELETE FROM xray.views
    WHERE app = ${app} AND name = ${name} AND (${shelf} OR ${isShared} AND ${isOwnedBy(userId)})`.execute(
    tx,
  );
  const { rows } = await sql<ViewRow>`
    INSERT INTO xray.views (app, owner, name, params, saved_by)
    SELECT ${app}, ${isShared ? null : userId}::uuid, ${name}, ${JSON.stringify(view.params)}::jsonb,
      ${view.savedBy}
    WHERE (SELECT count(*) FROM xray.views WHERE app = ${app} AND ${shelf}) < ${MAX_VIEWS}
    RETURNING ${COLUMNS}`.execute(tx);
  return rows[0] && toView(rows[0]);
}

/** A view that the user may see. Nobody else can change it until the transaction ends. */
export async function findView(
  tx: Db,
  app: string,
  userId: string,
  id: string,
): Promise<SavedView | undefined> {
  await waitForOthers(tx, app);
  const { rows } = await sql<ViewRow>`
    SELECT ${COLUMNS} FROM xray.views
    WHERE app = ${app} AND id::text = ${id} AND (owner IS NULL OR ${isOwnedBy(userId)})
    FOR UPDATE`.execute(tx);
  return rows[0] && toView(rows[0]);
}

/** Undefined if another view of its owner, or another shared view, has this name. */
export async function renameView(
  tx: Db,
  app: string,
  id: string,
  name: string,
): Promise<SavedView | undefined> {
  const { rows } = await sql<ViewRow>`
    UPDATE xray.views AS view SET name = ${name}
    WHERE app = ${app} AND id::text = ${id} AND NOT EXISTS (
      SELECT FROM xray.views AS other
      WHERE other.app = view.app AND other.owner IS NOT DISTINCT FROM view.owner
        AND other.name = ${name} AND other.id <> view.id)
    RETURNING ${COLUMNS}`.execute(tx);
  return rows[0] && toView(rows[0]);
}

export async function removeView(tx: Db, app: string, id: string): Promise<void> {
  await sql`DELETE FROM xray.views WHERE app = ${app} AND id::text = ${id}`.execute(tx);
}

/** Two changes of an app's views take turns, so that together they respect the limits. */
async function waitForOthers(tx: Db, app: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext(${`views ${app}`}))`.execute(tx);
}

/**
 * The ids are compared as text, so a text that is not a UUID matches nobody and causes no error.
 */
function isOwnedBy(userId: string | undefined): RawBuilder<boolean> {
  return sql<boolean>`owner::text = ${userId ?? ''}`;
}

function toView(row: ViewRow): SavedView {
  return {
    id: row.id,
    name: row.name,
    params: row.params,
    isShared: row.is_shared,
    savedBy: row.saved_by,
    savedAt: row.saved_at.toISOString(),
  };
}
