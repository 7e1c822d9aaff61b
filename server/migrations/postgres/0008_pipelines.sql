-- What is asked over a month of one pipeline comes from its index alone: rows of executions are wide, and a
-- month of a busy pipeline is hundreds of thousands of them. Only columns of bounded length may be in there.
ALTER TABLE xray.executions
  ADD COLUMN reason text GENERATED ALWAYS AS (reasons[1]) STORED,                      -- the principal one
  ADD COLUMN release integer GENERATED ALWAYS AS (hashtext(versions::text)) STORED;    -- equal for equal versions
DROP INDEX xray.executions_pipeline;
CREATE INDEX executions_pipeline ON xray.executions (app, pipeline, at, id)
  INCLUDE (environment, outcome, status, reason, duration_ms, course, release);
