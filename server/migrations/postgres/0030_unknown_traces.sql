-- The last assembly found no span that X-Ray knows. Such a trace is let go when nothing has come for ten minutes.
ALTER TABLE xray.otlp_traces ADD COLUMN unknown boolean NOT NULL DEFAULT false;
