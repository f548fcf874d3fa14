-- Up Migration
-- What a request with an Idempotency-Key was answered, written in the transaction of the order itself.
CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
  -- SHA-256 of what was asked for: the same key with another body is a mistake of the caller's
  fingerprint bytea NOT NULL,
  status smallint NOT NULL,
  body text NOT NULL,
  location text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, key)
);

-- Serves the clean-up: the expired are at the front, however many are not.
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

-- Down Migration
DROP TABLE idempotency_keys;
