-- A retention rule can name a pipeline too. The empty text speaks for every pipeline, as for environments.
ALTER TABLE xray.retention ADD COLUMN pipeline text NOT NULL DEFAULT '';
ALTER TABLE xray.retention DROP CONSTRAINT retention_pkey;
ALTER TABLE xray.retention ADD CONSTRAINT retention_pkey PRIMARY KEY (app, environment, pipeline);

-- The receipt of an erasure that somebody asked for. It never holds the id of a person.
CREATE TABLE xray.erasures (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  app text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('execution', 'subject')),
  subject_type text,
  reason text NOT NULL,
  asked_by text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  executions bigint NOT NULL DEFAULT 0,
  steps bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0
);
CREATE INDEX erasures_app ON xray.erasures (app, at, id);

-- One row for each execution that was erased by name. It holds a hash, because an id can name a person.
-- A flush that arrives later finds the row and is not stored. Retention leaves no rows, so the table stays small.
CREATE TABLE xray.tombstones (
  app text NOT NULL,
  name bytea NOT NULL,                 -- SHA-256 of the app's id, a line end and the execution's id
  erasure uuid NOT NULL REFERENCES xray.erasures ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, name)
);

ALTER TABLE xray.erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.tombstones ENABLE ROW LEVEL SECURITY;
