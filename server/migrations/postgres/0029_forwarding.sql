-- Where finished executions are sent as OTLP, and how far. A row for each endpoint that a server was ever given.
CREATE TABLE xray.forwarding (
  target text PRIMARY KEY,
  leader uuid,                                -- the instance that sends; the others wait for the end of its lease
  leads_until timestamptz,
  xact xid8 NOT NULL,
  last_id bigint NOT NULL,
  refused bigint NOT NULL DEFAULT 0           -- executions that the endpoint will never take
);
ALTER TABLE xray.forwarding ENABLE ROW LEVEL SECURITY;
