-- Access: accounts and sessions (with the columns that Better Auth reads), invitations, scopes and expiry of
-- API keys, and the audit log.

ALTER TABLE xray.users
  ADD COLUMN email_verified boolean NOT NULL DEFAULT false,
  ADD COLUMN image text,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN is_administrator boolean NOT NULL DEFAULT false,
  ADD COLUMN clerk_id text UNIQUE;     -- set for people who sign in with Clerk

CREATE TABLE xray.accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES xray.users ON DELETE CASCADE,
  provider_id text NOT NULL,           -- credential: email and password
  account_id text NOT NULL,
  password text,                       -- scrypt, with its salt
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider_id, account_id)
);
CREATE INDEX accounts_user ON xray.accounts (user_id);

CREATE TABLE xray.sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES xray.users ON DELETE CASCADE,
  token text NOT NULL UNIQUE,
  expires_at timestamptz NOT NULL,
  ip_address text,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_user ON xray.sessions (user_id);

-- Links that work once: `identifier` is the kind and the SHA-256 of the token, `value` the user's id.
CREATE TABLE xray.verifications (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  identifier text NOT NULL UNIQUE,
  value text NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- One row. The set-up link is derived from its nonce and the server's secret. Using the link sets used_at.
CREATE TABLE xray.setup (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  nonce uuid NOT NULL DEFAULT gen_random_uuid(),
  used_at timestamptz
);
INSERT INTO xray.setup DEFAULT VALUES;

CREATE TABLE xray.invitations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
  email text,                          -- null: anyone with the link
  token_hash bytea NOT NULL UNIQUE,
  invited_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz
);
CREATE INDEX invitations_app ON xray.invitations (app, created_at);

ALTER TABLE xray.apps ADD COLUMN archived_at timestamptz;

ALTER TABLE xray.api_keys
  ADD COLUMN environments text[],      -- null: any
  ADD COLUMN requests_per_minute integer CHECK (requests_per_minute > 0),
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN replaces text REFERENCES xray.api_keys,
  ADD COLUMN created_by text;

-- There are no foreign keys, because entries stay when a user or app is deleted.
CREATE TABLE xray.audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  app text,
  actor_kind text NOT NULL,
  actor_id text,
  actor_name text,
  action text NOT NULL,
  target text,
  details jsonb NOT NULL DEFAULT '{}',
  ip text
);
CREATE INDEX audit_log_app ON xray.audit_log (app, id);

CREATE FUNCTION xray.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'xray.audit_log is append-only';
END
$$;
CREATE TRIGGER audit_log_rows BEFORE UPDATE OR DELETE ON xray.audit_log
  FOR EACH ROW EXECUTE FUNCTION xray.refuse_change();
CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON xray.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION xray.refuse_change();

ALTER TABLE xray.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.verifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.setup ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.audit_log ENABLE ROW LEVEL SECURITY;
