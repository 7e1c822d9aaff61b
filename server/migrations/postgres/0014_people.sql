-- Whether the record may have people among its candidates, so that an erasure of a person need not read every body.
-- Nobody knows it of executions that are stored already: they may.
ALTER TABLE xray.executions ADD COLUMN has_people boolean NOT NULL DEFAULT true;
ALTER TABLE xray.executions ALTER COLUMN has_people SET DEFAULT false;
CREATE INDEX executions_people ON xray.executions (app, id) WHERE has_people;
