import { sql } from 'kysely';
import type { Role, User } from '@xray/core';
import type { NewUser } from './access-store.js';
import type { Driver } from './driver.js';

type Db = Driver['db'];

const COLUMNS = ['users.id', 'users.email', 'users.name', 'users.is_administrator'] as const;

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

export async function claimSetup(db: Db, nonce: string, user: NewUser): Promise<User | undefined> {
  return await db.transaction().execute(async (tx) => {
    if (!(await takeSetup(tx, nonce))) return undefined;
    const made = await insertUser(tx, user);
    // Nobody was made, so the link has to go on working.
    if (made === undefined) await tx.updateTable('setup').set({ used_at: null }).execute();
    return made;
  });
}

export async function claimSetupAs(db: Db, nonce: string, userId: string): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    if (!(await takeSetup(tx, nonce))) return false;
    await tx
      .updateTable('users')
      .set({ is_administrator: true })
      .where('id', '=', userId)
      .execute();
    return true;
  });
}

/** Those who call at once wait for each other here, on the one row; the first one's commit shuts the rest out. */
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

export async function listUsers(db: Db): Promise<User[]> {
  const rows = await db
    .selectFrom('users')
    .select(COLUMNS)
    .orderBy('email')
    .orderBy('id')
    .execute();
  return rows.map(toUser);
}

export async function findUser(db: Db, email: string): Promise<User | undefined> {
  const row = await db
    .selectFrom('users')
    .select(COLUMNS)
    .where(sql<boolean>`lower(email) = ${email.toLowerCase()}`)
    .executeTakeFirst();
  return row && toUser(row);
}

export async function createUser(db: Db, user: NewUser): Promise<User | undefined> {
  return await db.transaction().execute((tx) => insertUser(tx, user));
}

/** Undefined when the address is taken. Within a transaction of the caller's. */
export async function insertUser(tx: Db, user: NewUser): Promise<User | undefined> {
  const row = await tx
    .insertInto('users')
    .values({
      email: user.email.toLowerCase(),
      name: user.name,
      is_administrator: user.isAdministrator,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(COLUMNS)
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
    .select([...COLUMNS, 'role'])
    .where('users.id', '=', userId)
    .executeTakeFirst();
  return row && { user: toUser(row), role: row.role };
}

export async function setPassword(db: Db, userId: string, passwordHash: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('accounts')
      .where('user_id', '=', userId)
      .where('provider_id', '=', 'credential')
      .execute();
    await insertPassword(tx, userId, passwordHash);
    await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
  });
}

async function insertPassword(tx: Db, userId: string, password: string): Promise<void> {
  await tx
    .insertInto('accounts')
    .values({ user_id: userId, provider_id: 'credential', account_id: userId, password })
    .execute();
}

export async function findClerkUser(db: Db, clerkId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('clerk_id', '=', clerkId)
    .executeTakeFirst();
  return row?.id;
}

export async function saveClerkUser(
  db: Db,
  clerkId: string,
  email: string,
  name: string,
): Promise<string | undefined> {
  const address = email.toLowerCase();
  return await db.transaction().execute(async (tx) => {
    // A first request and the webhook may come at once: the second waits, and finds the user.
    await sql`SELECT pg_advisory_xact_lock(hashtext(${clerkId}))`.execute(tx);
    const taken = await tx
      .selectFrom('users')
      .select(['id', 'clerk_id'])
      .where(sql<boolean>`lower(email) = ${address}`)
      .executeTakeFirst();
    const id =
      (await findClerkUser(tx, clerkId)) ?? (taken?.clerk_id === null ? taken.id : undefined);
    if (taken !== undefined && taken.id !== id) return undefined;
    const values = { clerk_id: clerkId, email: address, name };
    if (id === undefined) {
      const made = await tx
        .insertInto('users')
        .values(values)
        .returning('id')
        .executeTakeFirstOrThrow();
      return made.id;
    }
    await tx
      .updateTable('users')
      .set({ ...values, updated_at: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();
    return id;
  });
}

export async function deleteClerkUser(db: Db, clerkId: string): Promise<void> {
  await db.deleteFrom('users').where('clerk_id', '=', clerkId).execute();
}

export async function createLink(
  db: Db,
  identifier: string,
  userId: string,
  expiresAt: Date,
): Promise<void> {
  await db
    .deleteFrom('verifications')
    .where('expires_at', '<=', sql<Date>`now()`)
    .execute();
  await db
    .insertInto('verifications')
    .values({ identifier, value: userId, expires_at: expiresAt })
    .execute();
}

export async function useLink(db: Db, identifier: string): Promise<string | undefined> {
  const row = await db
    .deleteFrom('verifications')
    .where('identifier', '=', identifier)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('value')
    .executeTakeFirst();
  return row?.value;
}

function toUser(row: { id: string; email: string; name: string; is_administrator: boolean }): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isAdministrator: row.is_administrator,
  };
}
