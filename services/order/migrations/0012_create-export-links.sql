-- Up Migration
-- The addresses from which an export can be downloaded once, without a token of access.
CREATE TABLE export_links (
  -- SHA-256 of the token in the address
  token_hash bytea PRIMARY KEY CONSTRAINT export_links_token_hash_check CHECK (octet_length(token_hash) = 32),
  user_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT export_links_kind_check CHECK (kind IN ('own', 'all')),
  request jsonb NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Serves the clean-up: the expired are at the front, however many are not.
CREATE INDEX export_links_expires_at_idx ON export_links (expires_at);

-- Down Migration
DROP TABLE export_links;
