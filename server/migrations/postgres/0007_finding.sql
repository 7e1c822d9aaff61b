-- Other orders of the list than by time. An execution without a duration counts as the shortest.
CREATE INDEX executions_duration ON xray.executions (app, coalesce(duration_ms, -1), id);
CREATE INDEX executions_received ON xray.executions (app, received_at, id);
-- The index has few rows, so it does not slow down ingest.
CREATE INDEX executions_conflict ON xray.executions (app, at, id) WHERE conflict;
