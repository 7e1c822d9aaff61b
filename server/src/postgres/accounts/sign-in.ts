import { sql } from 'kysely';
import type { User } from '@xray/core';
import type { NewSession } from '../../store/access-store.js';
import type { Driver } from '../driver.js';
import { USER_COLUMNS, findUserById, insertPassword, toUser } from './people.js';

type Db = Driver['db'];

export async function setPassword(tx: Db, userId: string, passwordHash: string): Promise<void> {
  await tx
    .deleteFrom('accounts')
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .execute();
  await insertPassword(tx, userId, passwordHash);
  await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
  await deleteLinks(tx, userId);
}

/** Older links of the user stop working. */
export async function deleteLinks(tx: Db, userId: string): Promise<void> {
  await tx.deleteFrom('verifications').where('value', '=', userId).execute();
}

export async function createSession(tx: Db, session: NewSession): Promise<void> {
  await tx
    .insertInto('sessions')
    .values({
      user_id: session.userId,
      token: session.token,
      expires_at: session.expiresAt,
      ip_address: session.ip,
      user_agent: session.userAgent,
    })
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
  tx: Db,
  clerkId: string,
  email: string,
  name: string,
): Promise<User | undefined> {
  const address = email.toLowerCase();
  // A first request and the webhook may arrive together. The second one waits and then finds the
  // user.
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
      .returning(USER_COLUMNS)
      .executeTakeFirstOrThrow();
    return toUser(made);
  }
  const renewed = await tx
    .updateTable('users')
    .set({ ...values, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returning(USER_COLUMNS)
    .executeTakeFirstOrThrow();
  return toUser(renewed);
}

/** If this was the last administrator, the next start prints a new set-up link. */
export async function deleteClerkUser(tx: Db, clerkId: string): Promise<void> {
  await tx.deleteFrom('users').where('clerk_id', '=', clerkId).execute();
  await tx
    .updateTable('setup')
    .set({ nonce: sql<string>`gen_random_uuid()`, used_at: null })
    .where('used_at', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('users').select('id').where('is_administrator', '=', true))),
    )
    .execute();
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

export async function hasLink(db: Db, identifier: string): Promise<boolean> {
  const row = await db
    .selectFrom('verifications')
    .select('id')
    .where('identifier', '=', identifier)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return row !== undefined;
}

export async function useLink(tx: Db, identifier: string): Promise<User | undefined> {
  const row = await tx
    .deleteFrom('verifications')
    .where('identifier', '=', identifier)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('value')
    .executeTakeFirst();
  return row && (await findUserById(tx, row.value));
}
