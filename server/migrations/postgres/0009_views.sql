-- Saved views of the list of executions. A filter may name a person, so a view is private unless it is shared.

CREATE TABLE xray.views (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  owner uuid REFERENCES xray.users ON DELETE CASCADE,   -- null: shared with everybody of the app
  name text NOT NULL,
  params jsonb NOT NULL,
  saved_by text NOT NULL,              -- the address of the person who saved it last
  saved_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX views_own ON xray.views (app, owner, name) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX views_shared ON xray.views (app, name) WHERE owner IS NULL;
CREATE INDEX views_owner ON xray.views (owner);

ALTER TABLE xray.views ENABLE ROW LEVEL SECURITY;
