-- All tables are in their own schema, which Supabase's data API does not expose. Row level security is on
-- without a policy, so only the owner of the tables can read them.

CREATE TABLE xray.users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  name text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email ON xray.users (lower(email));

CREATE TABLE xray.apps (
  id text PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE xray.app_members (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES xray.users ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, user_id)
);
CREATE INDEX app_members_user ON xray.app_members (user_id);

CREATE TABLE xray.api_keys (
  id text PRIMARY KEY,
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  name text NOT NULL,
  hash bytea NOT NULL UNIQUE,          -- SHA-256 of the whole key; the key itself is never stored
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_keys_app ON xray.api_keys (app, created_at);

-- One row for each execution, written only by ingest. These three tables have no foreign keys, which would
-- slow down every insert. Ingest checks the key's app and writes an execution in one transaction.
CREATE TABLE xray.executions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app text NOT NULL,
  execution_id text NOT NULL,
  pipeline text NOT NULL,
  environment text NOT NULL,
  status text NOT NULL,
  outcome text,
  adverse boolean,
  at timestamptz NOT NULL,             -- startedAt, unless that is later than received_at + 5 min
  received_at timestamptz NOT NULL,
  duration_ms double precision,
  versions jsonb NOT NULL,
  subjects jsonb NOT NULL,             -- [{type, id}]
  tags text[] NOT NULL,
  reasons text[] NOT NULL,             -- reason codes, principal first
  step_count integer NOT NULL,
  failed_step_count integer NOT NULL,
  error_type text,
  bytes integer NOT NULL,              -- size of the body in UTF-8
  -- The state of the merge rule (packages/core/src/merge.ts), which also compares bytes.
  terminal boolean NOT NULL,
  revision bigint NOT NULL,
  body_hash text COLLATE "C" NOT NULL,
  contested boolean NOT NULL,
  running_revision bigint NOT NULL,
  instance_id text COLLATE "C",
  many_instances boolean NOT NULL,
  conflict boolean NOT NULL GENERATED ALWAYS AS
    (contested OR many_instances OR (terminal AND running_revision >= revision)) STORED,
  UNIQUE (app, execution_id)
);
CREATE INDEX executions_time ON xray.executions (app, at, id);
CREATE INDEX executions_pipeline ON xray.executions (app, pipeline, at, id);
CREATE INDEX executions_unfinished ON xray.executions (app, at, id) WHERE status <> 'completed';

-- The whole snapshot as it was sent. Postgres never reads its content, so it is text and not jsonb.
CREATE TABLE xray.bodies (
  execution bigint PRIMARY KEY,
  body text NOT NULL
);
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE xray.bodies ALTER COLUMN body SET COMPRESSION lz4;
  END IF;
END
$$;

-- Only the columns that questions over many executions need, never the payload. The key is the index in the
-- array, because a client may send a sequence twice.
CREATE TABLE xray.steps (
  execution bigint NOT NULL,
  ix integer NOT NULL,
  sequence integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  duration_ms double precision,
  candidates_in bigint,
  candidates_out bigint,
  PRIMARY KEY (execution, ix)
);

ALTER TABLE xray.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.apps ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.app_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.bodies ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.steps ENABLE ROW LEVEL SECURITY;
