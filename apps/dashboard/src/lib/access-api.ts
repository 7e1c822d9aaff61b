import type {
  AcceptInvitation,
  ApiKey,
  ApiKeyList,
  App,
  AppChange,
  AuditPage,
  CreatedInvitation,
  CreatedKey,
  Invitation,
  InvitationList,
  Me,
  Member,
  MemberList,
  NewApp,
  NewInvitation,
  NewKey,
  PasswordChange,
  Role,
  Setup,
  SignIn,
  User,
  UserList,
} from '@xray/core';
import { appPath, fileUrl, getFile, getJson, sendJson } from './api-client';

export async function getMe(signal?: AbortSignal): Promise<Me> {
  return await getJson('/api/me', {}, signal);
}

export async function signIn(credentials: SignIn): Promise<User> {
  return await sendJson('POST', '/api/auth/sign-in/email', credentials);
}

/** Signs in with a link from the command line. The link works once. */
export async function signInByLink(token: string): Promise<User> {
  return await sendJson('POST', '/api/auth/sign-in/link', { token });
}

/** Ends a session of a local account. */
export async function endSession(): Promise<void> {
  await sendJson('POST', '/api/auth/sign-out');
}

export async function resetPassword(token: string, password: string): Promise<User> {
  return await sendJson('POST', '/api/auth/reset-password', { token, password });
}

export async function changePassword(change: PasswordChange): Promise<User> {
  return await sendJson('POST', '/api/auth/change-password', change);
}

export async function renameMe(name: string): Promise<User> {
  return await sendJson('PATCH', '/api/me', { name });
}

export async function setUp(setup: Setup): Promise<User> {
  return await sendJson('POST', '/api/setup', setup);
}

/** Makes the person signed in with Clerk the first administrator. */
export async function claimSetup(token: string): Promise<User> {
  return await sendJson('POST', '/api/setup', { token });
}

/** The invitation's preview for the holder of its link. */
export type InvitationPreview = Invitation & { appName: string };

export async function previewInvitation(token: string): Promise<InvitationPreview> {
  return await sendJson('POST', '/api/invitations/preview', { token });
}

export async function acceptInvitation(acceptance: AcceptInvitation): Promise<User> {
  return await sendJson('POST', '/api/invitations/accept', acceptance);
}

export async function createApp(app: NewApp): Promise<App> {
  return await sendJson('POST', '/api/apps', app);
}

export async function changeApp(app: string, change: AppChange): Promise<App> {
  return await sendJson('PATCH', appPath(app), change);
}

export async function listKeys(app: string, signal?: AbortSignal): Promise<ApiKeyList> {
  return await getJson(`${appPath(app)}/keys`, {}, signal);
}

export async function createKey(app: string, key: NewKey): Promise<CreatedKey> {
  return await sendJson('POST', `${appPath(app)}/keys`, key);
}

export async function rotateKey(
  app: string,
  keyId: string,
  overlapHours: number,
): Promise<CreatedKey> {
  return await sendJson('POST', `${keyPath(app, keyId)}/rotate`, { overlapHours });
}

export async function revokeKey(app: string, keyId: string): Promise<ApiKey> {
  return await sendJson('DELETE', keyPath(app, keyId));
}

export async function listMembers(app: string, signal?: AbortSignal): Promise<MemberList> {
  return await getJson(`${appPath(app)}/members`, {}, signal);
}

export async function changeMember(app: string, userId: string, role: Role): Promise<Member> {
  return await sendJson('PUT', memberPath(app, userId), { role });
}

export async function removeMember(app: string, userId: string): Promise<Member> {
  return await sendJson('DELETE', memberPath(app, userId));
}

export async function listInvitations(app: string, signal?: AbortSignal): Promise<InvitationList> {
  return await getJson(`${appPath(app)}/invitations`, {}, signal);
}

export async function createInvitation(
  app: string,
  invitation: NewInvitation,
): Promise<CreatedInvitation> {
  return await sendJson('POST', `${appPath(app)}/invitations`, invitation);
}

export async function revokeInvitation(app: string, invitationId: string): Promise<Invitation> {
  return await sendJson(
    'DELETE',
    `${appPath(app)}/invitations/${encodeURIComponent(invitationId)}`,
  );
}

/** One page of all accounts, or of those whose name or email contains `text`. */
export async function listUsers(
  text: string,
  after: string | null,
  signal?: AbortSignal,
): Promise<UserList> {
  return await getJson('/api/users', { q: text, after }, signal);
}

export async function setAdministrator(userId: string, isAdministrator: boolean): Promise<User> {
  return await sendJson('PATCH', userPath(userId), { isAdministrator });
}

export async function removeUser(userId: string): Promise<User> {
  return await sendJson('DELETE', userPath(userId));
}

/** An empty text does not filter. */
export interface AuditFilter {
  /** Part of a name, or an id. */
  actor: string;
  action: string;
  /** The complete id or email of the target. */
  target: string;
}

/** One page of the audit log, newest first. Null means the whole installation. */
export async function listAudit(
  app: string | null,
  filter: AuditFilter,
  before: number | null,
  signal?: AbortSignal,
): Promise<AuditPage> {
  return await getJson(auditPath(app), { ...filter, before }, signal);
}

/** All matching entries, as CSV. */
export function auditCsvUrl(app: string | null, filter: AuditFilter): string {
  return fileUrl(auditPath(app), { ...filter, format: 'csv' });
}

/** The same as a Blob. @throws ApiError */
export async function getAuditCsv(app: string | null, filter: AuditFilter): Promise<Blob> {
  return await getFile(auditPath(app), { ...filter, format: 'csv' });
}

function auditPath(app: string | null): string {
  return app === null ? '/api/audit' : `${appPath(app)}/audit`;
}

function keyPath(app: string, keyId: string): string {
  return `${appPath(app)}/keys/${encodeURIComponent(keyId)}`;
}

function userPath(userId: string): string {
  return `/api/users/${encodeURIComponent(userId)}`;
}

function memberPath(app: string, userId: string): string {
  return `${appPath(app)}/members/${encodeURIComponent(userId)}`;
}
