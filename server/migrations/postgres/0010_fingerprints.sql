-- Executions are counted by fingerprint: a hash of the countable columns, of which few combinations occur. The
-- values are then read from one execution of each fingerprint (docs/adr/0012-counting-by-fingerprint.md). Both
-- indexes answer without the wide rows.
-- Durations are grouped in steps of 2 %. The group is stored, because the logarithm of a million rows takes
-- long. It fits an integer: the longest double is in group 35,489. It needs a CASE: greatest() ignores NULL.
ALTER TABLE xray.executions
  DROP COLUMN reason,                  -- this also drops the index executions_pipeline
  DROP COLUMN release,
  ADD COLUMN fingerprint bigint GENERATED ALWAYS AS (hash_record_extended(ROW(pipeline, environment, status,
    outcome, adverse, error_type, versions, reasons, decisive, rules, tags, course), 0)) STORED,
  ADD COLUMN duration_group integer GENERATED ALWAYS AS (CASE WHEN duration_ms IS NOT NULL
    THEN floor(ln(greatest(duration_ms, 0.001)) * 50) END) STORED;
CREATE INDEX executions_pipeline ON xray.executions (app, pipeline, at, id) INCLUDE (duration_ms, duration_group, fingerprint);
DROP INDEX xray.executions_time;
CREATE INDEX executions_time ON xray.executions (app, at, id) INCLUDE (fingerprint);
