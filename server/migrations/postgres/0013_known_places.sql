-- Places of earlier sign-ins: the SHA-256 of the account with the network or the browser. Wrong passwords of strangers
-- do not lock out people who sign in from a known place.
CREATE TABLE xray.known_places (
  key text PRIMARY KEY,
  ends_at timestamptz NOT NULL
);
CREATE INDEX known_places_ends_at ON xray.known_places (ends_at);
ALTER TABLE xray.known_places ENABLE ROW LEVEL SECURITY;
