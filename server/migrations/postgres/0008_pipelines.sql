-- Questions over a month of one pipeline read only its index. A busy pipeline has hundreds of thousands of
-- executions a month, with wide rows. The index may only have columns of bounded length.
ALTER TABLE xray.executions
  ADD COLUMN reason text GENERATED ALWAYS AS (reasons[1]) STORED,                      -- the principal reason
  ADD COLUMN release integer GENERATED ALWAYS AS (hashtext(versions::text)) STORED;    -- equal for equal versions
DROP INDEX xray.executions_pipeline;
CREATE INDEX executions_pipeline ON xray.executions (app, pipeline, at, id)
  INCLUDE (environment, outcome, status, reason, duration_ms, course, release);
