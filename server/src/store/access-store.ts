import type {
  ApiKey,
  App,
  AppChange,
  AuditEntry,
  Dictionary,
  Invitation,
  KeyScope,
  ListedUser,
  Member,
  Role,
  SavedView,
  StoredDictionary,
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
  /** Null means any. */
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

/** The key that a rotation creates. All other fields are copied from the old key. */
export interface KeyRotation {
  app: string;
  oldId: string;
  id: string;
  hash: Uint8Array;
  createdBy: string | null;
  /** When the old key stops working, unless it already expires earlier. */
  oldExpiresAt: Date;
}

/** A new account. Without `passwordHash`, only a link or Clerk can open it. */
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
  /** The displayed name of the person who created it. */
  invitedBy: string;
  /**
   * The user who creates it; null for the command line. The invitation is void once they lose the
   * right to create it.
   */
  inviter: string | null;
  expiresAt: Date;
}

/** A view to be saved. */
export interface ViewToSave {
  app: string;
  userId: string;
  /** The owner's address. */
  savedBy: string;
  name: string;
  params: ViewParams;
  /** Shared with everybody in the app. The view then no longer belongs to its creator. */
  isShared: boolean;
}

export interface UserFilter {
  text: string | undefined;
  /** The id of the last entry of the previous page. */
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
  /** The complete id or address. */
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

/** The reason why an invitation was not accepted, or the user who accepted it. */
export type Acceptance =
  | { kind: 'accepted'; user: User; invitation: Invitation }
  /** The invitation is unknown, used or expired. */
  | { kind: 'gone' }
  | { kind: 'wrong_email' }
  /** An account with this address already exists. */
  | { kind: 'email_taken' };

/** Reads apps, keys, people and the audit log. */
export interface AccessStore {
  /** All apps by name. For a user, only their apps, with their role. */
  listApps(userId?: string): Promise<App[]>;
  appExists(id: string): Promise<boolean>;

  listKeys(app: string): Promise<ApiKey[]>;
  findKey(hash: Uint8Array): Promise<KeyGrant | undefined>;
  touchKey(id: string): Promise<void>;

  hasAdministrator(): Promise<boolean>;
  setupNonce(): Promise<string>;
  /** Users by address, after `after`. `text` is searched in names and addresses. */
  listUsers(filter: UserFilter): Promise<ListedUser[]>;
  findUser(email: string): Promise<User | undefined>;
  /** A user, and their role in `app`; undefined if the user was deleted. */
  readAccess(
    userId: string,
    app: string | undefined,
  ): Promise<{ user: User; role: Role | null } | undefined>;
  /** The id of our user for this Clerk id. */
  findClerkUser(clerkId: string): Promise<string | undefined>;

  /** Whether the link exists and is neither used nor expired. */
  hasLink(identifier: string): Promise<boolean>;

  listMembers(app: string): Promise<Member[]>;
  /** The invitations that can still be accepted. */
  listInvitations(app: string): Promise<Invitation[]>;
  findInvitation(tokenHash: Uint8Array): Promise<(Invitation & { appName: string }) | undefined>;

  /** The views that the app shares, and the user's own, by name. */
  listViews(app: string, userId: string | undefined): Promise<SavedView[]>;
  readDictionary(app: string): Promise<StoredDictionary>;

  /** Adds one to each counter, in windows of `windowMs`, and returns the new counts. */
  countGuesses(keys: string[], windowMs: number): Promise<GuessCount[]>;
  /** Subtracts one from each counter. */
  forgiveGuesses(keys: string[]): Promise<void>;
  /** The keys that are remembered. */
  knownPlaces(keys: string[]): Promise<string[]>;
  /** Remembers the keys for `lifeMs` from now. */
  rememberPlaces(keys: string[], lifeMs: number): Promise<void>;

  /**
   * Writes the entry of a read, or of a change that takes several transactions, before it happens.
   */
  appendAudit(entry: NewAuditEntry): Promise<void>;
  /** The newest first, with ids below `before`. */
  listAudit(filter: AuditFilter): Promise<AuditEntry[]>;
}

/** Changes, in a transaction that also writes the audit entry. */
export interface AccessEdits {
  /**
   * Creates the first app with a key if no app exists, and says whether it did. If many call at the
   * same time, one creates it.
   */
  initialize(app: { id: string; name: string }, key: NewApiKey): Promise<boolean>;
  /** Undefined if an app with this id exists. */
  createApp(id: string, name: string): Promise<App | undefined>;
  changeApp(id: string, change: AppChange): Promise<App>;

  createKey(key: NewApiKey): Promise<ApiKey>;
  /** Undefined if the app has no such key. A second revocation keeps the time of the first. */
  revokeKey(app: string, id: string): Promise<ApiKey | undefined>;
  /** Undefined if the app has no valid key with this id. */
  rotateKey(rotation: KeyRotation): Promise<ApiKey | undefined>;

  /**
   * Creates the first administrator if the nonce is the set-up's and no administrator exists. If
   * many call at the same time, one succeeds. Undefined if it did not succeed, or the address is
   * taken.
   */
  claimSetup(nonce: string, user: NewUser): Promise<User | undefined>;
  /** Makes an existing user the first administrator, as `claimSetup` does. */
  claimSetupAs(nonce: string, userId: string): Promise<boolean>;
  /** Undefined if the address is taken. */
  createUser(user: NewUser): Promise<User | undefined>;
  renameUser(id: string, name: string): Promise<void>;
  /** `last`: this is the only administrator, who must stay one. */
  setAdministrator(id: string, isAdministrator: boolean): Promise<User | 'unknown' | 'last'>;
  /** Deletes an account, with its sessions and memberships. `last` as in `setAdministrator`. */
  removeUser(id: string): Promise<User | 'unknown' | 'last'>;
  /** Sets the password, and ends every session and every unused link of the user. */
  setPassword(userId: string, passwordHash: string): Promise<void>;
  createSession(session: NewSession): Promise<void>;

  /**
   * Creates or updates the user of a person whose address Clerk has verified. An existing user with
   * that address is linked to Clerk. Undefined if the address belongs to another Clerk user.
   */
  saveClerkUser(clerkId: string, email: string, name: string): Promise<User | undefined>;
  deleteClerkUser(clerkId: string): Promise<void>;

  createLink(identifier: string, userId: string, expiresAt: Date): Promise<void>;
  /** The user of the link, which is used up. Undefined if it is unknown, used or expired. */
  useLink(identifier: string): Promise<User | undefined>;

  /** Undefined if the user is not a member of the app. */
  changeMember(app: string, userId: string, role: Role): Promise<Member | undefined>;
  removeMember(app: string, userId: string): Promise<Member | undefined>;

  /** Undefined if there are already MAX_VIEWS views of the user, or shared ones. */
  saveView(view: ViewToSave): Promise<SavedView | undefined>;
  /**
   * A view that the user may see. Until the transaction ends, nobody else can save or change a view
   * of the app.
   */
  findView(app: string, userId: string, id: string): Promise<SavedView | undefined>;
  /** Undefined if another view of its owner, or another shared view, has this name. */
  renameView(app: string, id: string, name: string): Promise<SavedView | undefined>;
  removeView(app: string, id: string): Promise<void>;
  /** Undefined when another revision than the given one is stored. */
  putDictionary(
    app: string,
    dictionary: Dictionary,
    revision: number | undefined,
  ): Promise<StoredDictionary | undefined>;

  createInvitation(invitation: NewInvitation): Promise<Invitation>;
  revokeInvitation(app: string, id: string): Promise<Invitation | undefined>;
  /** Adds a new account, or the user with this id, as a member. A user keeps a higher role. */
  acceptInvitation(
    tokenHash: Uint8Array,
    who: { account: NewUser } | { userId: string },
  ): Promise<Acceptance>;
}
