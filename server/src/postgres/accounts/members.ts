import { sql } from 'kysely';
import { ROLES, type Invitation, type Member, type Role } from '@xray/core';
import type { Acceptance, NewInvitation, NewUser } from '../../store/access-store.js';
import type { Driver } from '../driver.js';
import { findUserById, insertUser } from './people.js';

type Db = Driver['db'];

const INVITATION = [
  'invitations.id',
  'invitations.app',
  'invitations.role',
  'invitations.email',
  'invitations.invited_by',
  'invitations.created_at',
  'invitations.expires_at',
] as const;

export async function listMembers(db: Db, app: string): Promise<Member[]> {
  const rows = await members(db, app).orderBy('email').orderBy('users.id').execute();
  return rows.map(toMember);
}

export async function changeMember(
  db: Db,
  app: string,
  userId: string,
  role: Role,
): Promise<Member | undefined> {
  await db
    .updateTable('app_members')
    .set({ role })
    .where('app', '=', app)
    .where(isUser(userId))
    .execute();
  await voidInvitations(db, userId);
  return await findMember(db, app, userId);
}

export async function removeMember(
  db: Db,
  app: string,
  userId: string,
): Promise<Member | undefined> {
  const member = await findMember(db, app, userId);
  await db.deleteFrom('app_members').where('app', '=', app).where(isUser(userId)).execute();
  await sql`DELETE FROM xray.views WHERE app = ${app} AND owner::text = ${userId}`.execute(db);
  await voidInvitations(db, userId);
  return member;
}

/**
 * Deletes the open invitations that the user may no longer make. Deleting an account also deletes
 * its invitations.
 */
export async function voidInvitations(db: Db, userId: string): Promise<void> {
  await sql`
    DELETE FROM xray.invitations
    WHERE inviter::text = ${userId} AND accepted_at IS NULL AND NOT ${INVITER_MAY}`.execute(db);
}

export async function createInvitation(db: Db, invitation: NewInvitation): Promise<Invitation> {
  const row = await db
    .insertInto('invitations')
    .values({
      app: invitation.app,
      role: invitation.role,
      email: invitation.email,
      token_hash: invitation.tokenHash,
      invited_by: invitation.invitedBy,
      inviter: invitation.inviter,
      expires_at: invitation.expiresAt,
    })
    .returning(INVITATION)
    .executeTakeFirstOrThrow();
  return toInvitation(row);
}

export async function listInvitations(db: Db, app: string): Promise<Invitation[]> {
  const rows = await db
    .selectFrom('invitations')
    .select(INVITATION)
    .where('app', '=', app)
    .where(OPEN)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toInvitation);
}

export async function revokeInvitation(
  db: Db,
  app: string,
  id: string,
): Promise<Invitation | undefined> {
  const row = await db
    .deleteFrom('invitations')
    .where('app', '=', app)
    .where(sql<boolean>`id::text = ${id}`)
    .where(OPEN)
    .returning(INVITATION)
    .executeTakeFirst();
  return row && toInvitation(row);
}

export async function findInvitation(
  db: Db,
  tokenHash: Uint8Array,
): Promise<(Invitation & { appName: string }) | undefined> {
  const row = await db
    .selectFrom('invitations')
    .innerJoin('apps', 'apps.id', 'invitations.app')
    .select([...INVITATION, 'apps.name as app_name'])
    .where('token_hash', '=', tokenHash)
    .where(OPEN)
    .executeTakeFirst();
  return row && { ...toInvitation(row), appName: row.app_name };
}

export async function acceptInvitation(
  tx: Db,
  tokenHash: Uint8Array,
  who: { account: NewUser } | { userId: string },
): Promise<Acceptance> {
  // The row is locked first. If two people accept at the same time, the second finds it used.
  const row = await tx
    .selectFrom('invitations')
    .select(INVITATION)
    .where('token_hash', '=', tokenHash)
    .where(OPEN)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return { kind: 'gone' };
  const known = 'account' in who ? undefined : await findUserById(tx, who.userId);
  const email = 'account' in who ? who.account.email : known?.email;
  if (row.email !== null && row.email !== email?.toLowerCase()) return { kind: 'wrong_email' };
  const user = 'account' in who ? await insertUser(tx, who.account) : known;
  if (user === undefined) return { kind: 'email_taken' };
  // An invitation never lowers a role: an owner who opens a viewer's link stays owner.
  await sql`
    INSERT INTO xray.app_members AS member (app, user_id, role)
    VALUES (${row.app}, ${user.id}, ${row.role})
    ON CONFLICT (app, user_id) DO UPDATE SET role = excluded.role
    WHERE array_position(${[...ROLES]}::text[], excluded.role)
      > array_position(${[...ROLES]}::text[], member.role)`.execute(tx);
  await tx
    .updateTable('invitations')
    .set({ accepted_at: sql<Date>`now()` })
    .where('id', '=', row.id)
    .execute();
  return { kind: 'accepted', user, invitation: toInvitation(row) };
}

/**
 * The person who made the invitation may still make it: an owner of its app, an administrator, or
 * the command line.
 */
const INVITER_MAY = sql<boolean>`(invitations.inviter IS NULL
  OR EXISTS (SELECT FROM xray.users WHERE users.id = invitations.inviter AND users.is_administrator)
  OR EXISTS (
    SELECT FROM xray.app_members AS maker
    WHERE maker.app = invitations.app AND maker.user_id = invitations.inviter AND maker.role = 'owner'))`;

/** The right is checked again, because a person may lose it while making an invitation. */
const OPEN = sql<boolean>`accepted_at IS NULL AND expires_at > now() AND ${INVITER_MAY}`;

/**
 * The ids are compared as text, so a text that is not a UUID matches nobody and causes no error.
 */
function isUser(userId: string) {
  return sql<boolean>`user_id::text = ${userId}`;
}

function members(db: Db, app: string) {
  return db
    .selectFrom('app_members')
    .innerJoin('users', 'users.id', 'app_members.user_id')
    .select(['users.id', 'email', 'name', 'role', 'app_members.created_at'])
    .where('app', '=', app);
}

async function findMember(db: Db, app: string, userId: string): Promise<Member | undefined> {
  const row = await members(db, app).where(isUser(userId)).executeTakeFirst();
  return row && toMember(row);
}

function toMember(row: {
  id: string;
  email: string;
  name: string;
  role: Role;
  created_at: Date;
}): Member {
  return {
    userId: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
  };
}

function toInvitation(row: {
  id: string;
  app: string;
  role: Role;
  email: string | null;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}): Invitation {
  return {
    id: row.id,
    appId: row.app,
    role: row.role,
    email: row.email,
    invitedBy: row.invited_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
