-- Whether the record may have people among its candidates. With this an erasure of a person reads fewer bodies.
-- For executions that are already stored it is unknown, so they start with true.
ALTER TABLE xray.executions ADD COLUMN has_people boolean NOT NULL DEFAULT true;
ALTER TABLE xray.executions ALTER COLUMN has_people SET DEFAULT false;
CREATE INDEX executions_people ON xray.executions (app, id) WHERE has_people;
