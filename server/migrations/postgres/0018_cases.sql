-- Links to other executions: the ids, and at the same places the relations. `xray reindex` fills them for executions
-- that are stored already.
ALTER TABLE xray.executions ADD COLUMN linked text[] NOT NULL DEFAULT '{}';
ALTER TABLE xray.executions ADD COLUMN relations text[] NOT NULL DEFAULT '{}';
-- Most executions have no link and cost this index nothing.
CREATE INDEX executions_linked ON xray.executions USING gin (linked) WHERE linked <> '{}';

-- Subjects and candidates for suggestions, each once. The job that builds the search index writes them.
-- `execution` is a recent one that has the name: the name goes with it.
CREATE TABLE xray.names (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('subject', 'candidate')),
  key text COLLATE "C" NOT NULL,       -- the first characters of the id, as they are searched
  type text NOT NULL,                  -- of the subject; '' for a candidate
  id text NOT NULL,
  execution bigint NOT NULL,
  at timestamptz NOT NULL,             -- of that execution
  PRIMARY KEY (app, kind, key, type, id)
);
CREATE INDEX names_execution ON xray.names (execution);

ALTER TABLE xray.names ENABLE ROW LEVEL SECURITY;
