import { z } from 'zod';
import { LIMITS, appIdSchema } from './snapshot.js';
import { wholeNumber } from './whole-number.js';

/**
 * The roles of an app's members. A viewer reads, an editor also manages API keys, an owner also manages
 * members.
 */
export const ROLES = ['viewer', 'editor', 'owner'] as const;
export type Role = (typeof ROLES)[number];

const roleSchema = z.enum(ROLES);
const emailSchema = z.string().trim().toLowerCase().pipe(z.email().max(254));
const personName = z.string().trim().min(1).max(128);
/** NIST SP 800-63B: length matters most. The maximum of 128 bounds the cost of hashing. */
const passwordSchema = z.string().min(12).max(128);
/** The token of a single-use link. */
const tokenSchema = z.string().min(1).max(256);
const title = z.string().trim().min(1).max(128);

export const appSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  /** An archived app accepts no executions. Its records stay readable. */
  archivedAt: z.string().nullable(),
  /** The caller's role: `owner` for an administrator, null for an API key. */
  role: roleSchema.nullable(),
});
export type App = z.infer<typeof appSchema>;

export const appListSchema = z.object({ items: z.array(appSchema) });
export type AppList = z.infer<typeof appListSchema>;

export const newAppSchema = z.object({ id: appIdSchema, name: title.optional() });
export type NewApp = z.infer<typeof newAppSchema>;

export const appChangeSchema = z.object({
  name: title.optional(),
  archived: z.boolean().optional(),
});
export type AppChange = z.infer<typeof appChangeSchema>;

/** `replay` pulls records and stores the results of replays, as a job of CI does. */
export const KEY_SCOPES = ['ingest', 'read', 'replay'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** An API key without its secret, which is never stored. */
export const apiKeySchema = z.object({
  id: z.string(),
  appId: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(KEY_SCOPES)),
  /** The environments that the key may send for. Null means any. */
  environments: z.array(z.string()).nullable(),
  requestsPerMinute: z.int().nullable(),
  createdAt: z.string(),
  createdBy: z.string().nullable(),
  expiresAt: z.string().nullable(),
  /** Id of the key that this key replaces. */
  replaces: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

export const apiKeyListSchema = z.object({ items: z.array(apiKeySchema) });
export type ApiKeyList = z.infer<typeof apiKeyListSchema>;

export const newKeySchema = z
  .object({
    name: title.default('default'),
    scopes: z.array(z.enum(KEY_SCOPES)).min(1).default(['ingest']),
    environments: z.array(z.string().min(1).max(LIMITS.environment)).min(1).max(32).optional(),
    expiresInDays: z.int().min(1).max(3_650).optional(),
    requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
  })
  .refine(
    (key) => key.environments === undefined || key.scopes.every((scope) => scope === 'ingest'),
    {
      path: ['environments'],
      message: 'limits a key that sends; a key that reads can read all environments of its app',
    },
  );
export type NewKey = z.input<typeof newKeySchema>;

/** How long the old key of a rotation keeps working beside the new key. */
export const rotateKeySchema = z.object({
  overlapHours: z.number().min(0).max(720).default(24),
});
export type RotateKey = z.input<typeof rotateKeySchema>;

/** The only answer that contains a key's secret. */
export const createdKeySchema = z.object({ key: z.string(), apiKey: apiKeySchema });
export type CreatedKey = z.infer<typeof createdKeySchema>;

export const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  isAdministrator: z.boolean(),
});
export type User = z.infer<typeof userSchema>;

/** A user as administrators see them in the list. */
export const listedUserSchema = userSchema.extend({
  createdAt: z.string(),
  /** Number of apps that the user is a member of. An administrator also sees all other apps. */
  appCount: z.int(),
});
export type ListedUser = z.infer<typeof listedUserSchema>;

export const userListSchema = z.object({
  items: z.array(listedUserSchema),
  /** Send this as `after` to get the next page. */
  nextAfter: z.string().nullable(),
});
export type UserList = z.infer<typeof userListSchema>;

export const userQuerySchema = z.object({
  /** Part of a name or an address. */
  q: z.string().trim().max(254).optional(),
  after: z.string().max(64).optional(),
  limit: wholeNumber(1, 200).default(50),
});

export const userChangeSchema = z.object({ isAdministrator: z.boolean() });
export type UserChange = z.infer<typeof userChangeSchema>;

/** Null if nobody is signed in. */
export const meSchema = userSchema.nullable();
export type Me = z.infer<typeof meSchema>;

export const profileChangeSchema = z.object({ name: personName });
export type ProfileChange = z.infer<typeof profileChangeSchema>;

/** The sign-in form. Only sizes are checked, since an old password may follow older rules. */
export const signInSchema = z.object({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(1024),
});
export type SignIn = z.infer<typeof signInSchema>;

export const passwordChangeSchema = z.object({
  currentPassword: z.string().min(1).max(1024),
  newPassword: passwordSchema,
});
export type PasswordChange = z.infer<typeof passwordChangeSchema>;

/** A new account, created by the set-up link or by an invitation. */
export const newAccountSchema = z.object({
  email: emailSchema,
  name: personName,
  password: passwordSchema,
});
export type NewAccount = z.input<typeof newAccountSchema>;

export const setupSchema = newAccountSchema.extend({ token: tokenSchema });
export type Setup = z.input<typeof setupSchema>;

export const linkSchema = z.object({ token: tokenSchema });
export const passwordResetSchema = z.object({ token: tokenSchema, password: passwordSchema });

export const newUserSchema = z.object({
  email: emailSchema,
  name: personName.optional(),
  isAdministrator: z.boolean().default(false),
});

export const LINK_KINDS = ['sign-in', 'reset-password'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];
export const newLinkSchema = z.object({ email: emailSchema, kind: z.enum(LINK_KINDS) });

/** A single-use link. Its token is in the fragment after `#`, which browsers send to no server. */
export const createdLinkSchema = z.object({ link: z.string(), expiresAt: z.string() });
export type CreatedLink = z.infer<typeof createdLinkSchema>;

export const memberSchema = z.object({
  userId: z.string(),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  createdAt: z.string(),
});
export type Member = z.infer<typeof memberSchema>;

export const memberListSchema = z.object({ items: z.array(memberSchema) });
export type MemberList = z.infer<typeof memberListSchema>;

export const memberChangeSchema = z.object({ role: roleSchema });

export const invitationSchema = z.object({
  id: z.string(),
  appId: z.string(),
  role: roleSchema,
  /** The invited person's address. Null means anyone with the link. */
  email: z.string().nullable(),
  invitedBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type Invitation = z.infer<typeof invitationSchema>;

export const invitationListSchema = z.object({ items: z.array(invitationSchema) });
export type InvitationList = z.infer<typeof invitationListSchema>;

export const newInvitationSchema = z.object({
  role: roleSchema,
  email: emailSchema.optional(),
});
export type NewInvitation = z.input<typeof newInvitationSchema>;

export const createdInvitationSchema = z.object({
  link: z.string(),
  invitation: invitationSchema,
});
export type CreatedInvitation = z.infer<typeof createdInvitationSchema>;

/** Send `account` for a new person. Without it, the signed-in person joins. */
export const acceptInvitationSchema = z.object({
  token: tokenSchema,
  account: newAccountSchema.optional(),
});
export type AcceptInvitation = z.input<typeof acceptInvitationSchema>;

/** One entry of the audit log: actor, action, target and time. */
export const auditEntrySchema = z.object({
  id: z.int(),
  at: z.string(),
  appId: z.string().nullable(),
  actor: z.object({
    /**
     * `administrator` is the command line on the server's own machine. Its `name` is the operating system's
     * user.
     */
    kind: z.enum(['user', 'key', 'administrator', 'nobody']),
    id: z.string().nullable(),
    name: z.string().nullable(),
  }),
  /** A verb of the route table, such as `key.create` or `payload.view`. */
  action: z.string(),
  target: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  ip: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditPageSchema = z.object({
  items: z.array(auditEntrySchema),
  /** Send this as `before` to get the next page. */
  nextBefore: z.int().nullable(),
});
export type AuditPage = z.infer<typeof auditPageSchema>;

export const auditQuerySchema = z.object({
  /**
   * Part of a name or address, or the id of a person or key. `command line` finds actions of the command
   * line.
   */
  actor: z.string().max(256).optional(),
  action: z.string().max(64).optional(),
  /** The whole id or address of the target: an execution, a key or a person. */
  target: z.string().max(256).optional(),
  /** `csv` and `ndjson` return all entries found and ignore `before` and `limit`. */
  format: z.enum(['json', 'csv', 'ndjson']).default('json'),
  before: wholeNumber(1).optional(),
  limit: wholeNumber(1, 200).default(50),
});
