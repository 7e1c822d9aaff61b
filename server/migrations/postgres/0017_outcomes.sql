-- What the outcomes of a pipeline mean to people (good, bad or neutral), in the order in which pages show them.
CREATE TABLE xray.outcome_meanings (
  app text NOT NULL REFERENCES xray.apps (id) ON DELETE CASCADE,
  pipeline text NOT NULL,
  outcomes jsonb NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, pipeline)
);
ALTER TABLE xray.outcome_meanings ENABLE ROW LEVEL SECURITY;

-- What the model of a step cost, so that groups of executions can be compared by it.
ALTER TABLE xray.steps ADD COLUMN cost_usd double precision;
