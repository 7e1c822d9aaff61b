import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { AuditEntry, KeyScope, Role, Status } from '@xray/core';

/** The tables of the schema `xray`, as migrations/postgres creates them. */
export interface Tables {
  apps: AppsTable;
  api_keys: ApiKeysTable;
  users: UsersTable;
  accounts: AccountsTable;
  sessions: SessionsTable;
  verifications: VerificationsTable;
  setup: SetupTable;
  guesses: GuessesTable;
  app_members: AppMembersTable;
  invitations: InvitationsTable;
  audit_log: AuditLogTable;
  executions: ExecutionsTable;
  bodies: BodiesTable;
  migrations: MigrationsTable;
  retention: RetentionTable;
}

interface AppsTable {
  id: string;
  name: string;
  created_at: Generated<Date>;
  archived_at: Date | null;
}

interface ApiKeysTable {
  id: string;
  app: string;
  name: string;
  hash: Uint8Array;
  scopes: KeyScope[];
  environments: string[] | null;
  requests_per_minute: number | null;
  created_at: Generated<Date>;
  created_by: string | null;
  expires_at: Date | null;
  replaces: string | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

interface UsersTable {
  id: Generated<string>;
  email: string;
  name: string;
  is_administrator: Generated<boolean>;
  clerk_id: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface AccountsTable {
  id: Generated<string>;
  user_id: string;
  provider_id: string;
  account_id: string;
  password: string | null;
}

/** The columns that Better Auth reads. */
interface SessionsTable {
  id: Generated<string>;
  user_id: string;
  token: string;
  expires_at: Date;
  ip_address: string | null;
  user_agent: string | null;
}

interface GuessesTable {
  key: string;
  count: number;
  ends_at: Date;
}

interface VerificationsTable {
  id: Generated<string>;
  identifier: string;
  value: string;
  expires_at: Date;
}

interface SetupTable {
  id: boolean;
  nonce: string;
  used_at: Date | null;
}

interface AppMembersTable {
  app: string;
  user_id: string;
  role: Role;
  created_at: Generated<Date>;
}

interface InvitationsTable {
  id: Generated<string>;
  app: string;
  role: Role;
  email: string | null;
  token_hash: Uint8Array;
  invited_by: string;
  /** The user who made the invitation; null for the command line. */
  inviter: string | null;
  created_at: Generated<Date>;
  expires_at: Date;
  accepted_at: Date | null;
}

interface AuditLogTable {
  id: GeneratedAlways<number>;
  at: GeneratedAlways<Date>;
  app: string | null;
  actor_kind: AuditEntry['actor']['kind'];
  actor_id: string | null;
  actor_name: string | null;
  action: string;
  target: string | null;
  details: ColumnType<Record<string, unknown>, string, never>;
  ip: string | null;
}

/**
 * Only `save-executions.ts` writes these columns, as whole rows. The type forbids other inserts and
 * updates.
 */
type Derived<T> = ColumnType<T, never, never>;

interface ExecutionsTable {
  id: GeneratedAlways<number>;
  app: Derived<string>;
  execution_id: Derived<string>;
  pipeline: Derived<string>;
  environment: Derived<string>;
  status: Derived<Status>;
  outcome: Derived<string | null>;
  adverse: Derived<boolean | null>;
  at: Derived<Date>;
  received_at: Derived<Date>;
  duration_ms: Derived<number | null>;
  versions: Derived<Record<string, string>>;
  subjects: Derived<{ type: string; id: string }[]>;
  tags: Derived<string[]>;
  reasons: Derived<string[]>;
  step_count: Derived<number>;
  failed_step_count: Derived<number>;
  error_type: Derived<string | null>;
  bytes: Derived<number>;
  metadata: Derived<Record<string, string | number | boolean>>;
  rules: Derived<string[]>;
  decisive: Derived<string[]>;
  course: Derived<number>;
  has_people: Derived<boolean>;
  /** Ids of executions, and at the same places how this one is linked to them. */
  linked: Derived<string[]>;
  relations: Derived<string[]>;
  /** As a UUID, which takes half the space of its 32 digits. */
  trace_id: Derived<string | null>;
  /** It was made of spans of OTLP. */
  from_spans: Derived<boolean>;
  /** Only the database reads it, because a number in JavaScript cannot hold its 64 bits. */
  fingerprint: Derived<never>;
  /** The group of similar durations (durations.ts). */
  duration_group: Derived<number | null>;
  /** The last transaction that wrote the row. */
  xact: Derived<string>;
  terminal: Derived<boolean>;
  revision: Derived<number>;
  body_hash: Derived<string>;
  contested: Derived<boolean>;
  running_revision: Derived<number>;
  instance_id: Derived<string | null>;
  many_instances: Derived<boolean>;
  /** The environments that its sender may write; null means any. */
  sender_environments: Derived<string[] | null>;
  conflict: Derived<boolean>;
}

interface BodiesTable {
  execution: Derived<number>;
  body: Derived<string>;
}

interface MigrationsTable {
  id: number;
  name: string;
  applied_at: Generated<Date>;
}

interface RetentionTable {
  app: string;
  /** '' for every environment. */
  environment: string;
  /** '' for every pipeline. */
  pipeline: string;
  days: number | null;
  legal_hold: boolean;
  deleted: Generated<number>;
  deleted_at: Date | null;
  updated_at: Generated<Date>;
}
