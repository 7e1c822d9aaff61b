-- Versions of executions that were written over or deleted since the search index may have taken them in. Of the
-- thousands of executions that a popular candidate appeared in, asking each row whether it is still the one that was
-- indexed takes longer than all else; these are few, and the index' job forgets those that no segment has.
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
-- The other way round are rows of another cluster, which get a number of this one (adoptRows).
CREATE TRIGGER executions_rewritten AFTER UPDATE OF xact ON xray.executions
  FOR EACH ROW WHEN (OLD.xact < NEW.xact) EXECUTE FUNCTION xray.note_outdated();
CREATE TRIGGER executions_deleted AFTER DELETE ON xray.executions
  FOR EACH ROW EXECUTE FUNCTION xray.note_outdated();

-- What segments hold now was never noted, so they are built anew.
DELETE FROM xray.segments;
DELETE FROM xray.segment_blocks;
UPDATE xray.indexing SET xact = '0', last_id = 0, erasures = erasures + 1;
