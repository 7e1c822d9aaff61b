-- What is counted over a month is counted by fingerprint: a hash of all that executions can be counted by and
-- that few combinations of occur of. The values themselves are then read from one execution of each
-- (docs/adr/0012-counting-by-fingerprint.md), and both indexes answer alone, without the wide rows.
-- Durations are gathered in groups that are 2 % wide, whose logarithm a million rows would take long to work out.
-- An integer, since the longest double is of group 35,489; a CASE, since greatest() passes over NULL.
ALTER TABLE xray.executions
  DROP COLUMN reason,                  -- with it goes the index executions_pipeline
  DROP COLUMN release,
  ADD COLUMN fingerprint bigint GENERATED ALWAYS AS (hash_record_extended(ROW(pipeline, environment, status,
    outcome, adverse, error_type, versions, reasons, decisive, rules, tags, course), 0)) STORED,
  ADD COLUMN duration_group integer GENERATED ALWAYS AS (CASE WHEN duration_ms IS NOT NULL
    THEN floor(ln(greatest(duration_ms, 0.001)) * 50) END) STORED;
CREATE INDEX executions_pipeline ON xray.executions (app, pipeline, at, id) INCLUDE (duration_ms, duration_group, fingerprint);
DROP INDEX xray.executions_time;
CREATE INDEX executions_time ON xray.executions (app, at, id) INCLUDE (fingerprint);
