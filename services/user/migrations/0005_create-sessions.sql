-- Up Migration
-- A session lasts from a login to the logout: a chain of refresh tokens, each of which is exchanged for the next one. Only
-- hashes are kept: who reads this table, or a backup of it, cannot refresh anything.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the newest token's secret
  token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  -- [{salt, at}]: what turned the last tokens into their successors, and when, in seconds since 1970. It allows a second
  -- use of a token shortly after the first, and is of no use without that token.
  recent jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(recent) = 'array'),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- moves on with every use, up to ends_at
  expires_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  CONSTRAINT sessions_times_check CHECK (isfinite(created_at) AND isfinite(ends_at) AND expires_at <= ends_at)
);

-- Serves a change of password and the maximum number of sessions per user.
CREATE INDEX sessions_user_id_created_at_idx ON sessions (user_id, created_at DESC, id DESC);

-- Serves the clean-up: expired sessions are at the front, however many others there are.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- Down Migration
DROP TABLE sessions;
