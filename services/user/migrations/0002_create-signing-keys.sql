-- Up Migration
-- The keys that access tokens are signed with. The newest whose signs_from has come signs; a key is published from its
-- creation, before it signs, until every token made with it has expired.
CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  private_key jsonb NOT NULL,
  public_key jsonb NOT NULL CHECK (NOT public_key ? 'd'),
  -- the first key signs from -infinity; as there can be but one such row, replicas that start at once agree on it
  signs_from timestamptz NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE signing_keys;
