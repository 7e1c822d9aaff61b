-- Columns for questions over many executions. `xray reindex` fills them in older rows.

ALTER TABLE xray.executions
  ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN rules text[] NOT NULL DEFAULT '{}',       -- ids of rules that failed
  ADD COLUMN decisive text[] NOT NULL DEFAULT '{}',    -- ids of rules that decided
  ADD COLUMN course integer NOT NULL DEFAULT 0,        -- hash of the steps' names in order
  -- The last transaction that wrote the row. Ids do not follow the order of commits. With this column, the
  -- search index and live streams know that they have seen every row below pg_snapshot_xmin.
  ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX executions_xact ON xray.executions (xact);

ALTER TABLE xray.steps ADD COLUMN drops jsonb;         -- candidates not kept, by decisive reason
