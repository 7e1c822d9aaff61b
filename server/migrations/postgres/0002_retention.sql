-- How long an app's executions are kept. The row of environment '' speaks for all that have no row of their
-- own (no execution has an empty one). There is no index on (app, received_at): `at` is at most 5 min later
-- than received_at, so executions_time already bounds what has expired, and ingest pays for nothing more.
CREATE TABLE xray.retention (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  environment text NOT NULL,
  days integer CHECK (days > 0),       -- from received_at; NULL keeps for ever
  legal_hold boolean NOT NULL,
  deleted bigint NOT NULL DEFAULT 0,   -- executions that this row's days have deleted so far
  deleted_at timestamptz,              -- when it last did
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, environment)
);

ALTER TABLE xray.retention ENABLE ROW LEVEL SECURITY;
