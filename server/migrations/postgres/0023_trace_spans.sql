-- A program may send one decision twice: by our SDK, and as spans. The trace joins the two.
ALTER TABLE xray.executions
  ADD COLUMN trace_id uuid,
  ADD COLUMN from_spans boolean NOT NULL DEFAULT false; -- it was made of spans of OTLP
CREATE INDEX executions_trace ON xray.executions (app, trace_id) WHERE trace_id IS NOT NULL;

-- A record of the SDK has come since the trace was last assembled.
ALTER TABLE xray.otlp_traces ADD COLUMN led boolean NOT NULL DEFAULT false;

-- Executions of spans that belong below the SDK's records of their trace, so no list counts them.
CREATE TABLE xray.trace_spans (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  trace_id uuid NOT NULL,
  execution_id text NOT NULL,
  revision bigint NOT NULL,
  subjects jsonb NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (app, trace_id, execution_id)
);
ALTER TABLE xray.trace_spans ENABLE ROW LEVEL SECURITY;
