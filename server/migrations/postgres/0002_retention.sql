-- How long an app's executions are kept. The row with the environment '' is for all environments without
-- their own row. Retention needs no index on (app, received_at): `at` is at most 5 min later than
-- received_at, so the index executions_time finds the expired executions.
CREATE TABLE xray.retention (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  environment text NOT NULL,
  days integer CHECK (days > 0),       -- from received_at; NULL keeps forever
  legal_hold boolean NOT NULL,
  deleted bigint NOT NULL DEFAULT 0,   -- executions deleted under this rule so far
  deleted_at timestamptz,              -- time of the last deletion
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, environment)
);

ALTER TABLE xray.retention ENABLE ROW LEVEL SECURITY;
