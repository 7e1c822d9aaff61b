import { sql, type RawBuilder } from 'kysely';

/** The columns that ingest writes, with the types for reading their JSON. */
export const HEADER = {
  pipeline: 'text',
  environment: 'text',
  status: 'text',
  outcome: 'text',
  adverse: 'boolean',
  at: 'timestamptz',
  received_at: 'timestamptz',
  duration_ms: 'double precision',
  versions: 'jsonb',
  subjects: 'jsonb',
  tags: 'text[]',
  reasons: 'text[]',
  step_count: 'int',
  failed_step_count: 'int',
  error_type: 'text',
  bytes: 'int',
  metadata: 'jsonb',
  rules: 'text[]',
  decisive: 'text[]',
  course: 'int',
  has_people: 'boolean',
  linked: 'text[]',
  relations: 'text[]',
  trace_id: 'uuid',
  from_spans: 'boolean',
} as const;

export const MERGE = {
  terminal: 'boolean',
  revision: 'bigint',
  body_hash: 'text',
  contested: 'boolean',
  running_revision: 'bigint',
  instance_id: 'text',
  many_instances: 'boolean',
} as const;

export const STEP = {
  ix: 'int',
  sequence: 'int',
  name: 'text',
  kind: 'text',
  status: 'text',
  duration_ms: 'double precision',
  candidates_in: 'bigint',
  candidates_out: 'bigint',
  drops: 'jsonb',
  rules: 'jsonb',
  cost_usd: 'double precision',
} as const;

export function names(columns: Record<string, string>): RawBuilder<unknown> {
  return sql.raw(Object.keys(columns).join(', '));
}

export function types(columns: Record<string, string>): RawBuilder<unknown> {
  return sql.raw(
    Object.entries(columns)
      .map((column) => column.join(' '))
      .join(', '),
  );
}

/** The environments that a flush's sender may write; null means any. */
export const SENDER = { sender_environments: 'text[]' } as const;

/** The sender of the new flush may change the stored row. */
export const MAY_CHANGE = `(excluded.sender_environments IS NULL
  OR e.environment = ANY (excluded.sender_environments))`;
/**
 * The stored flush is outside the new sender's environments, and its own sender could not have
 * written there.
 */
const YIELDS = `(e.sender_environments IS NOT NULL
  AND excluded.environment <> ALL (e.sender_environments))`;
const OUTRANKS = `(excluded.terminal, excluded.revision, excluded.body_hash) > (e.terminal, e.revision, e.body_hash)`;
const WINS = `(${YIELDS} OR ${OUTRANKS})`;
const SAME_RANK = `excluded.terminal = e.terminal AND excluded.revision = e.revision`;

/**
 * `mergeStates` of packages/core/src/merge.ts, for the stored row `e` and the new row `excluded`.
 */
const MERGED: Record<keyof typeof MERGE, string> = {
  terminal: 'e.terminal OR excluded.terminal',
  revision: winnersOwn('revision'),
  body_hash: winnersOwn('body_hash'),
  contested: `CASE
    WHEN ${SAME_RANK} THEN e.contested OR excluded.contested OR excluded.body_hash <> e.body_hash
    WHEN ${WINS} THEN excluded.contested ELSE e.contested END`,
  running_revision: 'greatest(e.running_revision, excluded.running_revision)',
  instance_id: 'least(e.instance_id, excluded.instance_id)',
  many_instances: `e.many_instances OR excluded.many_instances
    OR coalesce(excluded.instance_id <> e.instance_id, false)`,
};

const REMEMBERED = ['contested', 'running_revision', 'instance_id', 'many_instances'] as const;

/**
 * The rest of ON CONFLICT DO UPDATE SET. A row that a duplicate would not change is not written.
 */
export const MERGE_INTO_STORED = sql.raw(`
  ${assignments()}
  WHERE ${MAY_CHANGE} AND (${WINS}
    OR ${REMEMBERED.map((column) => `e.${column} IS DISTINCT FROM (${MERGED[column]})`).join(' OR ')})`);

function assignments(): string {
  const ofWinner = Object.keys({ ...HEADER, ...SENDER });
  const header = ofWinner.map((column) => `${column} = ${winnersOwn(column)}`);
  // A stored flush that yields leaves no trace in the remembered state.
  const merge = Object.entries(MERGED).map(
    ([column, value]) =>
      `${column} = CASE WHEN ${YIELDS} THEN excluded.${column} ELSE ${value} END`,
  );
  return [...header, ...merge, 'xact = pg_current_xact_id()'].join(', ');
}

function winnersOwn(column: string): string {
  return `CASE WHEN ${WINS} THEN excluded.${column} ELSE e.${column} END`;
}
