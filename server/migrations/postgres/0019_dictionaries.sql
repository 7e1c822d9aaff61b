-- The words that people use for an app's codes, and the texts of its letters. One document for an app.
CREATE TABLE xray.dictionaries (
  app text PRIMARY KEY REFERENCES xray.apps ON DELETE CASCADE,
  body jsonb NOT NULL,
  revision integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE xray.dictionaries ENABLE ROW LEVEL SECURITY;
