-- Versions of executions that were replaced or deleted after they may have been indexed. A popular candidate is in
-- thousands of executions, and checking each row for its version would take too long. This table is short: the
-- index job removes versions that are in no segment.
CREATE TABLE xray.outdated (
  app text NOT NULL,
  at timestamptz NOT NULL,
  id bigint NOT NULL,
  xact xid8 NOT NULL,
  PRIMARY KEY (app, at, id, xact)
);
ALTER TABLE xray.outdated ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION xray.note_outdated() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO xray.outdated VALUES (OLD.app, OLD.at, OLD.id, OLD.xact) ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
-- A lower number than before means a row of another cluster that gets a number of this one (adoptRows).
CREATE TRIGGER executions_rewritten AFTER UPDATE OF xact ON xray.executions
  FOR EACH ROW WHEN (OLD.xact < NEW.xact) EXECUTE FUNCTION xray.note_outdated();
CREATE TRIGGER executions_deleted AFTER DELETE ON xray.executions
  FOR EACH ROW EXECUTE FUNCTION xray.note_outdated();

-- Older changes were not noted here, so all segments are rebuilt.
DELETE FROM xray.segments;
DELETE FROM xray.segment_blocks;
UPDATE xray.indexing SET xact = '0', last_id = 0, erasures = erasures + 1;
