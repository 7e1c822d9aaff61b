import { sql } from 'kysely';
import type { ListedUser, Role, User } from '@xray/core';
import type { NewUser, UserFilter } from '../../store/access-store.js';
import type { Driver } from '../driver.js';

type Db = Driver['db'];

export const USER_COLUMNS = [
  'users.id',
  'users.email',
  'users.name',
  'users.is_administrator',
] as const;

export async function hasAdministrator(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('is_administrator', '=', true)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function setupNonce(db: Db): Promise<string> {
  const row = await db.selectFrom('setup').select('nonce').executeTakeFirstOrThrow();
  return row.nonce;
}

export async function claimSetup(tx: Db, nonce: string, user: NewUser): Promise<User | undefined> {
  if (!(await takeSetup(tx, nonce))) return undefined;
  const made = await insertUser(tx, user);
  // No user was created, so the link must keep working.
  if (made === undefined) await tx.updateTable('setup').set({ used_at: null }).execute();
  return made;
}

export async function claimSetupAs(tx: Db, nonce: string, userId: string): Promise<boolean> {
  if (!(await takeSetup(tx, nonce))) return false;
  await tx.updateTable('users').set({ is_administrator: true }).where('id', '=', userId).execute();
  return true;
}

/**
 * Parallel callers wait for each other at this row. The commit of the first one refuses the others.
 */
async function takeSetup(tx: Db, nonce: string): Promise<boolean> {
  const row = await tx
    .updateTable('setup')
    .set({ used_at: sql<Date>`now()` })
    .where('nonce', '=', nonce)
    .where('used_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('users').select('id').where('is_administrator', '=', true))),
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function listUsers(db: Db, { text, after, limit }: UserFilter): Promise<ListedUser[]> {
  let query = db
    .selectFrom('users')
    .select([...USER_COLUMNS, 'users.created_at'])
    .select(({ selectFrom }) =>
      selectFrom('app_members')
        .whereRef('app_members.user_id', '=', 'users.id')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('app_count'),
    )
    .orderBy('email')
    .orderBy('id')
    .limit(limit);
  if (text !== undefined) {
    // The search is not a pattern, so no character in the text has a special meaning.
    query = query.where(
      sql<boolean>`strpos(lower(email || ' ' || name), lower(${text}::text)) > 0`,
    );
  }
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(email, id) > (SELECT email, id FROM xray.users WHERE id::text = ${after})`,
    );
  }
  const rows = await query.execute();
  return rows.map((row) => ({
    ...toUser(row),
    createdAt: row.created_at.toISOString(),
    appCount: row.app_count ?? 0,
  }));
}

export async function findUser(db: Db, email: string): Promise<User | undefined> {
  const row = await db
    .selectFrom('users')
    .select(USER_COLUMNS)
    .where(sql<boolean>`lower(email) = ${email.toLowerCase()}`)
    .executeTakeFirst();
  return row && toUser(row);
}

export async function findUserById(db: Db, id: string): Promise<User | undefined> {
  const row = await db
    .selectFrom('users')
    .select(USER_COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toUser(row);
}

/** Undefined if the address is taken. */
export async function insertUser(tx: Db, user: NewUser): Promise<User | undefined> {
  const row = await tx
    .insertInto('users')
    .values({
      email: user.email.toLowerCase(),
      name: user.name,
      is_administrator: user.isAdministrator,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(USER_COLUMNS)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (user.passwordHash !== null) await insertPassword(tx, row.id, user.passwordHash);
  return toUser(row);
}

export async function renameUser(db: Db, id: string, name: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ name, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}

export async function setAdministrator(
  tx: Db,
  id: string,
  isAdministrator: boolean,
): Promise<User | 'unknown' | 'last'> {
  if (!isAdministrator && (await isLastAdministrator(tx, id))) return 'last';
  const row = await tx
    .updateTable('users')
    .set({ is_administrator: isAdministrator, updated_at: sql<Date>`now()` })
    .where(isId(id))
    .returning(USER_COLUMNS)
    .executeTakeFirst();
  return row === undefined ? 'unknown' : toUser(row);
}

export async function removeUser(tx: Db, id: string): Promise<User | 'unknown' | 'last'> {
  if (await isLastAdministrator(tx, id)) return 'last';
  const row = await tx
    .deleteFrom('users')
    .where(isId(id))
    .returning(USER_COLUMNS)
    .executeTakeFirst();
  return row === undefined ? 'unknown' : toUser(row);
}

/**
 * Locks all administrators, so that two who revoke each other's right at the same time leave one.
 */
async function isLastAdministrator(tx: Db, id: string): Promise<boolean> {
  const rows = await tx
    .selectFrom('users')
    .select('id')
    .where('is_administrator', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.length === 1 && rows[0]?.id === id;
}

/**
 * The ids are compared as text, so a text that is not a UUID matches nobody and causes no error.
 */
function isId(id: string) {
  return sql<boolean>`id::text = ${id}`;
}

export async function readAccess(
  db: Db,
  userId: string,
  app: string | undefined,
): Promise<{ user: User; role: Role | null } | undefined> {
  const row = await db
    .selectFrom('users')
    .leftJoin('app_members', (join) =>
      join.onRef('app_members.user_id', '=', 'users.id').on('app_members.app', '=', app ?? null),
    )
    .select([...USER_COLUMNS, 'role'])
    .where('users.id', '=', userId)
    .executeTakeFirst();
  return row && { user: toUser(row), role: row.role };
}

export async function insertPassword(tx: Db, userId: string, password: string): Promise<void> {
  await tx
    .insertInto('accounts')
    .values({ user_id: userId, provider_id: 'credential', account_id: userId, password })
    .execute();
}

export function toUser(row: {
  id: string;
  email: string;
  name: string;
  is_administrator: boolean;
}): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isAdministrator: row.is_administrator,
  };
}
