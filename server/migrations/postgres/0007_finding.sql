-- Orders of the list beside the one by time. An execution without a duration counts as the shortest.
CREATE INDEX executions_duration ON xray.executions (app, coalesce(duration_ms, -1), id);
CREATE INDEX executions_received ON xray.executions (app, received_at, id);
-- Few rows, if any, and so none that ingest would feel.
CREATE INDEX executions_conflict ON xray.executions (app, at, id) WHERE conflict;
