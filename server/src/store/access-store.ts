import type {
  ApiKey,
  App,
  AppChange,
  AuditEntry,
  Invitation,
  KeyScope,
  ListedUser,
  Member,
  Role,
  SavedView,
  User,
  ViewParams,
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

/** The permissions of a key, and whether it is still valid. */
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
  /** Its maker's name to show. */
  invitedBy: string;
  /** The user who makes it; null: the command line. It is void once they may no longer make it. */
  inviter: string | null;
  expiresAt: Date;
}

/** A view as somebody wants to keep it. */
export interface ViewToSave {
  app: string;
  userId: string;
  /** Their address. */
  savedBy: string;
  name: string;
  params: ViewParams;
  /** With everybody of the app, and not theirs any longer. */
  isShared: boolean;
}

export interface UserFilter {
  text: string | undefined;
  /** Id of the last one of the page before. */
  after: string | undefined;
  limit: number;
}

/** How often something was guessed in its window, which ends at `endsAt`. */
export interface GuessCount {
  key: string;
  count: number;
  endsAt: Date;
}

/** A field that is undefined does not filter. */
export interface AuditFilter {
  app: string | undefined;
  /** Part of the name of a person, or the id of a person or key. */
  actor: string | undefined;
  action: string | undefined;
  /** The whole id or address. */
  target: string | undefined;
  before: number | undefined;
  limit: number;
}

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

/** A session of a local account, as its cookie names it. */
export interface NewSession {
  userId: string;
  token: string;
  expiresAt: Date;
  ip: string;
  userAgent: string;
}

/** Why an invitation was not accepted, or who was made of it. */
export type Acceptance =
  | { kind: 'accepted'; user: User; invitation: Invitation }
  /** Unknown, used up or expired. */
  | { kind: 'gone' }
  | { kind: 'wrong_email' }
  /** There is an account of this address already. */
  | { kind: 'email_taken' };

/** Reads apps, keys, people and the audit log. */
export interface AccessStore {
  /** All apps by name; with a user those that they are a member of, with their role there. */
  listApps(userId?: string): Promise<App[]>;
  appExists(id: string): Promise<boolean>;

  listKeys(app: string): Promise<ApiKey[]>;
  findKey(hash: Uint8Array): Promise<KeyGrant | undefined>;
  touchKey(id: string): Promise<void>;

  hasAdministrator(): Promise<boolean>;
  setupNonce(): Promise<string>;
  /** By address, those after `after`. `text` is looked for in names and addresses. */
  listUsers(filter: UserFilter): Promise<ListedUser[]>;
  findUser(email: string): Promise<User | undefined>;
  /** A user, and the role that they were given in `app`; undefined when they are gone. */
  readAccess(
    userId: string,
    app: string | undefined,
  ): Promise<{ user: User; role: Role | null } | undefined>;
  /** The id of our user whom Clerk calls so. */
  findClerkUser(clerkId: string): Promise<string | undefined>;

  /** Whether such a link is there, unused and not expired. */
  hasLink(identifier: string): Promise<boolean>;

  listMembers(app: string): Promise<Member[]>;
  /** Those that can still be accepted. */
  listInvitations(app: string): Promise<Invitation[]>;
  findInvitation(tokenHash: Uint8Array): Promise<(Invitation & { appName: string }) | undefined>;

  /** By name: those that the app shares, and the user's own. */
  listViews(app: string, userId: string | undefined): Promise<SavedView[]>;

  /** Counts one more of each of these, in their windows of `windowMs`, and tells where they stand now. */
  countGuesses(keys: string[], windowMs: number): Promise<GuessCount[]>;
  /** Takes one of each of these back. */
  forgiveGuesses(keys: string[]): Promise<void>;
  /** Those of the keys that are remembered. */
  knownPlaces(keys: string[]): Promise<string[]>;
  /** Remembers these for `lifeMs` from now. */
  rememberPlaces(keys: string[], lifeMs: number): Promise<void>;

  /** Writes the entry of a read, or of a change that takes more than one transaction, before it happens. */
  appendAudit(entry: NewAuditEntry): Promise<void>;
  /** Newest first, below `before`. */
  listAudit(filter: AuditFilter): Promise<AuditEntry[]>;
}

/** Changes, in a transaction that also writes the audit log's entry. */
export interface AccessEdits {
  /** Makes the first app with a key when there is no app at all; says whether it did. Of many callers one does. */
  initialize(app: { id: string; name: string }, key: NewApiKey): Promise<boolean>;
  /** Undefined when there is one of that id already. */
  createApp(id: string, name: string): Promise<App | undefined>;
  changeApp(id: string, change: AppChange): Promise<App>;

  createKey(key: NewApiKey): Promise<ApiKey>;
  /** Undefined when the app has no such key. Revoking twice keeps the first time. */
  revokeKey(app: string, id: string): Promise<ApiKey | undefined>;
  /** Undefined when the app has no such key that works. */
  rotateKey(rotation: KeyRotation): Promise<ApiKey | undefined>;

  /**
   * Makes the first administrator when the nonce is the set-up's and there is no administrator; of many
   * callers one does. Undefined when it did not, or when the address is taken.
   */
  claimSetup(nonce: string, user: NewUser): Promise<User | undefined>;
  /** Makes an existing user the first administrator, as `claimSetup` does. */
  claimSetupAs(nonce: string, userId: string): Promise<boolean>;
  /** Undefined when the address is taken. */
  createUser(user: NewUser): Promise<User | undefined>;
  renameUser(id: string, name: string): Promise<void>;
  /** `last`: the only administrator there is, who stays one. */
  setAdministrator(id: string, isAdministrator: boolean): Promise<User | 'unknown' | 'last'>;
  /** Takes an account away, with its sessions and memberships. `last` as in `setAdministrator`. */
  removeUser(id: string): Promise<User | 'unknown' | 'last'>;
  /** Sets the password, and ends every session and every unused link that the user has. */
  setPassword(userId: string, passwordHash: string): Promise<void>;
  createSession(session: NewSession): Promise<void>;

  /**
   * Makes or renews the user of a person whose address Clerk has verified; one who was here by that
   * address before becomes Clerk's. Undefined when the address is another Clerk user's.
   */
  saveClerkUser(clerkId: string, email: string, name: string): Promise<User | undefined>;
  deleteClerkUser(clerkId: string): Promise<void>;

  createLink(identifier: string, userId: string, expiresAt: Date): Promise<void>;
  /** The user that the link is of; it is used up. Undefined when it is unknown, used or expired. */
  useLink(identifier: string): Promise<User | undefined>;

  /** Undefined when the user is no member of the app. */
  changeMember(app: string, userId: string, role: Role): Promise<Member | undefined>;
  removeMember(app: string, userId: string): Promise<Member | undefined>;

  /** Undefined when there are MAX_VIEWS already, of the user or shared. */
  saveView(view: ViewToSave): Promise<SavedView | undefined>;
  /** One that the user may see. Until the transaction ends nobody else saves or changes one of the app. */
  findView(app: string, userId: string, id: string): Promise<SavedView | undefined>;
  /** Undefined when another one of its owner, or of those shared, is called that. */
  renameView(app: string, id: string, name: string): Promise<SavedView | undefined>;
  removeView(app: string, id: string): Promise<void>;

  createInvitation(invitation: NewInvitation): Promise<Invitation>;
  revokeInvitation(app: string, id: string): Promise<Invitation | undefined>;
  /** Makes a member of a new account, or of the user with this id, who keeps a higher role. */
  acceptInvitation(
    tokenHash: Uint8Array,
    who: { account: NewUser } | { userId: string },
  ): Promise<Acceptance>;
}
