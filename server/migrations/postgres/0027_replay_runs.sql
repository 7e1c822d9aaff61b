-- Runs of recorded executions on new code. The replayed executions are kept here, apart from the app's own: no list,
-- count, search, export or retention rule of the app sees them.
CREATE TABLE xray.replay_runs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  name text NOT NULL,
  pipelines text[] NOT NULL,
  q text,
  versions jsonb NOT NULL,
  plan jsonb NOT NULL,
  report jsonb,                               -- null until the run is finished
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  created_by text,
  finished_at timestamptz
);
CREATE INDEX replay_runs_app ON xray.replay_runs (app, created_at DESC, id DESC);

CREATE TABLE xray.replay_results (
  run uuid NOT NULL REFERENCES xray.replay_runs ON DELETE CASCADE,
  execution_id text NOT NULL,
  verdict text NOT NULL,
  was text,                                   -- outcomes
  is_now text,
  decided text,                               -- the rule or step that decided
  why text,
  result jsonb NOT NULL,
  subjects jsonb NOT NULL,                    -- for the erasure of a person
  body text,                                  -- the record of the new code
  PRIMARY KEY (run, execution_id)
);
CREATE INDEX replay_results_execution ON xray.replay_results (execution_id);

ALTER TABLE xray.replay_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.replay_results ENABLE ROW LEVEL SECURITY;
