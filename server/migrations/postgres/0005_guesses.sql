-- Wrong passwords, counted for all servers of this database together.

CREATE TABLE xray.guesses (
  key text PRIMARY KEY,                -- SHA-256 of the address, the account, or both, in base64url
  count integer NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX guesses_ends_at ON xray.guesses (ends_at);

ALTER TABLE xray.guesses ENABLE ROW LEVEL SECURITY;
