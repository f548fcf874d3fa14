-- Up Migration
-- The keys that access tokens are signed with. The newest whose signs_from has come signs; a key is published from its
-- creation, before it signs, until every token made with it has expired.
CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  private_key jsonb NOT NULL,
  public_key jsonb NOT NULL,
  signs_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE signing_keys;
