-- Up Migration
-- Orders refer to their user, so the row of a deleted user stays, without anything about the person. NULL in all three
-- columns: the unique index then leaves the email free for a new account, and no hash is left to compare with.
-- Nothing here reads the rows; the next migration checks them under a lighter lock.
ALTER TABLE users
  ALTER COLUMN email DROP NOT NULL,
  ALTER COLUMN password_hash DROP NOT NULL,
  ALTER COLUMN name DROP NOT NULL,
  ADD COLUMN deleted_at timestamptz,
  ADD CONSTRAINT users_deleted_at_check
    CHECK (deleted_at >= '0001-01-01 00:00:00+00' AND deleted_at < '10000-01-01 00:00:00+00') NOT VALID,
  ADD CONSTRAINT users_deleted_check
    CHECK (num_nonnulls(email, password_hash, name) = CASE WHEN deleted_at IS NULL THEN 3 ELSE 0 END) NOT VALID;

-- Down Migration
-- Deleted users become accounts that nobody can log in to: their hash is that of no password.
ALTER TABLE users DROP CONSTRAINT users_deleted_check;
UPDATE users
SET email = 'deleted-' || id || '@users.invalid', name = 'Deleted user',
  password_hash = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
WHERE deleted_at IS NOT NULL;
ALTER TABLE users
  DROP COLUMN deleted_at,
  ALTER COLUMN email SET NOT NULL,
  ALTER COLUMN password_hash SET NOT NULL,
  ALTER COLUMN name SET NOT NULL;
