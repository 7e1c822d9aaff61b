-- Where somebody has signed in before, as SHA-256 of the account and the address or the browser. A stranger's wrong
-- passwords for an account do not lock out who comes from there.
CREATE TABLE xray.known_places (
  key text PRIMARY KEY,
  ends_at timestamptz NOT NULL
);
CREATE INDEX known_places_ends_at ON xray.known_places (ends_at);
ALTER TABLE xray.known_places ENABLE ROW LEVEL SECURITY;
