import type {
  ApiKey,
  App,
  AppChange,
  AuditEntry,
  Invitation,
  KeyScope,
  Member,
  Role,
  User,
} from '@xray/core';

export interface NewApiKey {
  id: string;
  app: string;
  name: string;
  /** SHA-256 of the whole key. */
  hash: Uint8Array;
  scopes: KeyScope[];
  /** Null: any. */
  environments: string[] | null;
  requestsPerMinute: number | null;
  expiresAt: Date | null;
  createdBy: string | null;
}

/** What a key lets its bearer do, and whether it still does. */
export interface KeyGrant {
  id: string;
  app: string;
  scopes: KeyScope[];
  environments: string[] | null;
  requestsPerMinute: number | null;
  expiresAt: Date | null;
  isRevoked: boolean;
  isAppArchived: boolean;
}

/** The key that a rotation makes; the rest is as the old one's. */
export interface KeyRotation {
  app: string;
  oldId: string;
  id: string;
  hash: Uint8Array;
  createdBy: string | null;
  /** When the old one stops working, unless it does so earlier. */
  oldExpiresAt: Date;
}

/** An account to be made. Without `passwordHash` it can be opened only by a link or by Clerk. */
export interface NewUser {
  email: string;
  name: string;
  isAdministrator: boolean;
  passwordHash: string | null;
}

export interface NewInvitation {
  app: string;
  role: Role;
  email: string | null;
  /** SHA-256 of the token in its link. */
  tokenHash: Uint8Array;
  invitedBy: string;
  expiresAt: Date;
}

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

/** Why an invitation was not accepted, or who was made of it. */
export type Acceptance =
  | { kind: 'accepted'; userId: string; invitation: Invitation }
  /** Unknown, used up or expired. */
  | { kind: 'gone' }
  | { kind: 'wrong_email' }
  /** There is an account of this address already. */
  | { kind: 'email_taken' };

/** What is kept of apps, keys, people and what they did. */
export interface AccessStore {
  /** Makes the first app with a key when there is no app at all; says whether it did. Of many callers one does. */
  initialize(app: { id: string; name: string }, key: NewApiKey): Promise<boolean>;
  /** All apps by name; with a user those that they are a member of, with their role there. */
  listApps(userId?: string): Promise<App[]>;
  appExists(id: string): Promise<boolean>;
  /** Undefined when there is one of that id already. */
  createApp(id: string, name: string): Promise<App | undefined>;
  changeApp(id: string, change: AppChange): Promise<App>;

  createKey(key: NewApiKey): Promise<ApiKey>;
  listKeys(app: string): Promise<ApiKey[]>;
  /** Undefined when the app has no such key. Revoking twice keeps the first time. */
  revokeKey(app: string, id: string): Promise<ApiKey | undefined>;
  /** Undefined when the app has no such key that works. */
  rotateKey(rotation: KeyRotation): Promise<ApiKey | undefined>;
  findKey(hash: Uint8Array): Promise<KeyGrant | undefined>;
  touchKey(id: string): Promise<void>;

  hasAdministrator(): Promise<boolean>;
  setupNonce(): Promise<string>;
  /**
   * Makes the first administrator when the nonce is the set-up's and there is no administrator; of many
   * callers one does. Undefined when it did not, or when the address is taken.
   */
  claimSetup(nonce: string, user: NewUser): Promise<User | undefined>;
  /** Makes an existing user the first administrator, as `claimSetup` does. */
  claimSetupAs(nonce: string, userId: string): Promise<boolean>;
  listUsers(): Promise<User[]>;
  findUser(email: string): Promise<User | undefined>;
  /** Undefined when the address is taken. */
  createUser(user: NewUser): Promise<User | undefined>;
  renameUser(id: string, name: string): Promise<void>;
  /** A user, and the role that they were given in `app`; undefined when they are gone. */
  readAccess(
    userId: string,
    app: string | undefined,
  ): Promise<{ user: User; role: Role | null } | undefined>;
  /** Sets the password and ends every session that the user has. */
  setPassword(userId: string, passwordHash: string): Promise<void>;

  /** The id of our user whom Clerk calls so. */
  findClerkUser(clerkId: string): Promise<string | undefined>;
  /**
   * Makes or renews the user of a person whose address Clerk has verified; one who was here by that
   * address before becomes Clerk's. Undefined when the address is another Clerk user's.
   */
  saveClerkUser(clerkId: string, email: string, name: string): Promise<string | undefined>;
  deleteClerkUser(clerkId: string): Promise<void>;

  createLink(identifier: string, userId: string, expiresAt: Date): Promise<void>;
  /** The user that the link is of; it is used up. Undefined when it is unknown, used or expired. */
  useLink(identifier: string): Promise<string | undefined>;

  listMembers(app: string): Promise<Member[]>;
  /** Undefined when the user is no member of the app. */
  changeMember(app: string, userId: string, role: Role): Promise<Member | undefined>;
  removeMember(app: string, userId: string): Promise<Member | undefined>;

  createInvitation(invitation: NewInvitation): Promise<Invitation>;
  /** Those that can still be accepted. */
  listInvitations(app: string): Promise<Invitation[]>;
  revokeInvitation(app: string, id: string): Promise<Invitation | undefined>;
  findInvitation(tokenHash: Uint8Array): Promise<(Invitation & { appName: string }) | undefined>;
  /** Makes a member of a new account, or of the user with this id. */
  acceptInvitation(
    tokenHash: Uint8Array,
    who: { account: NewUser } | { userId: string },
  ): Promise<Acceptance>;

  appendAudit(entry: NewAuditEntry): Promise<void>;
  /** Newest first, below `before`; of all apps without one. */
  listAudit(filter: {
    app: string | undefined;
    before: number | undefined;
    limit: number;
  }): Promise<AuditEntry[]>;
}
