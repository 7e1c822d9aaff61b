-- What questions over many executions ask for. Rows that were there before get it by `xray reindex`.

ALTER TABLE xray.executions
  ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN rules text[] NOT NULL DEFAULT '{}',       -- ids of rules that failed
  ADD COLUMN decisive text[] NOT NULL DEFAULT '{}',    -- ids of rules that decided
  ADD COLUMN course integer NOT NULL DEFAULT 0,        -- hash of the steps' names in order
  -- The transaction that wrote the row last. Ids are not given in the order of commits; by this, whoever
  -- follows (search index, live streams) can tell what he has seen for sure: all below pg_snapshot_xmin.
  ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX executions_xact ON xray.executions (xact);

ALTER TABLE xray.steps ADD COLUMN drops jsonb;         -- candidates not kept, by deciding reason
