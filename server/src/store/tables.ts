import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { KeyScope, Status } from '@xray/core';

/** The tables of the schema `xray`, as migrations/postgres makes them. */
export interface Tables {
  apps: AppsTable;
  api_keys: ApiKeysTable;
  executions: ExecutionsTable;
  bodies: BodiesTable;
  migrations: MigrationsTable;
  retention: RetentionTable;
}

interface AppsTable {
  id: string;
  name: string;
  created_at: Generated<Date>;
}

interface ApiKeysTable {
  id: string;
  app: string;
  name: string;
  hash: Uint8Array;
  scopes: KeyScope[];
  created_at: Generated<Date>;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

/** Written as whole rows by `save-executions.ts` alone, so that nothing else may insert or update. */
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
  terminal: Derived<boolean>;
  revision: Derived<number>;
  body_hash: Derived<string>;
  contested: Derived<boolean>;
  running_revision: Derived<number>;
  instance_id: Derived<string | null>;
  many_instances: Derived<boolean>;
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
  /** '' for all that have no row of their own. */
  environment: string;
  days: number | null;
  legal_hold: boolean;
  deleted: Generated<number>;
  deleted_at: Date | null;
  updated_at: Generated<Date>;
}
