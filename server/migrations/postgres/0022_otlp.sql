-- Spans of OTLP that wait for the rest of their trace. A request is answered when its slices are committed.
CREATE TABLE xray.otlp_traces (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  trace_id bytea NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  has_root boolean NOT NULL,
  is_terminal boolean NOT NULL DEFAULT false, -- it was assembled as ended, so it never runs again
  slices integer NOT NULL,
  assembled integer NOT NULL DEFAULT 0,
  spans integer NOT NULL,
  bytes bigint NOT NULL,
  closed boolean NOT NULL DEFAULT false,      -- its slices are gone; the row refuses late spans
  PRIMARY KEY (app, trace_id)
);
CREATE INDEX otlp_traces_due ON xray.otlp_traces (due_at);
CREATE INDEX otlp_traces_waiting ON xray.otlp_traces (app, last_at) WHERE NOT closed;

-- The part of a trace that one request brought. The hash makes a retried batch the same slice.
CREATE TABLE xray.otlp_slices (
  app text NOT NULL,
  trace_id bytea NOT NULL,
  hash bytea NOT NULL,
  environments text[],                        -- of the key that sent it; null: any
  body bytea NOT NULL,
  PRIMARY KEY (app, trace_id, hash),
  FOREIGN KEY (app, trace_id) REFERENCES xray.otlp_traces ON DELETE CASCADE
);

-- Spans and traces by their fate, so that a page can say what was refused or let go.
CREATE TABLE xray.otlp_counts (
  app text NOT NULL REFERENCES xray.apps ON DELETE CASCADE,
  result text NOT NULL,
  count bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_message text NOT NULL,
  PRIMARY KEY (app, result)
);

CREATE TABLE xray.otlp_settings (
  app text PRIMARY KEY REFERENCES xray.apps ON DELETE CASCADE,
  body jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE xray.otlp_traces ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.otlp_slices ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.otlp_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE xray.otlp_settings ENABLE ROW LEVEL SECURITY;
