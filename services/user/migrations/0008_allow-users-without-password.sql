-- Up Migration
-- Users of an identity provider have no password here, and an email and a name only if the provider tells them. An account
-- with a password still has all three. Nothing here reads the rows; the next migration checks them under a lighter lock.
ALTER TABLE users
  DROP CONSTRAINT users_deleted_check,
  ADD CONSTRAINT users_account_check CHECK (
    CASE
      WHEN deleted_at IS NOT NULL THEN num_nonnulls(email, password_hash, name) = 0
      ELSE password_hash IS NULL OR num_nonnulls(email, name) = 2
    END
  ) NOT VALID;

-- Makes the row of a user who has none, without a password: the one way for other services to do that. A row that exists
-- stays as it is, so a token does not bring a deleted user back. An email that another account has is left out.
--
-- As the owner: no other service may read or write users.
CREATE FUNCTION ensure_user(new_id uuid, new_email text, new_name text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO public.users (id, email, name)
  VALUES (
    new_id,
    CASE WHEN char_length(new_email) BETWEEN 3 AND 254 THEN new_email END,
    nullif(left(new_name, 200), '')
  )
  ON CONFLICT DO NOTHING;

  INSERT INTO public.users (id, name) VALUES (new_id, nullif(left(new_name, 200), '')) ON CONFLICT DO NOTHING;
$$;
REVOKE EXECUTE ON FUNCTION ensure_user(uuid, text, text) FROM PUBLIC;

-- Down Migration
-- Users without a password become accounts that nobody can log in to: their hash is that of no password.
DROP FUNCTION ensure_user(uuid, text, text);
ALTER TABLE users DROP CONSTRAINT users_account_check;
UPDATE users
SET email = coalesce(email, 'user-' || id || '@users.invalid'), name = coalesce(name, 'User'),
  password_hash = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
WHERE deleted_at IS NULL AND password_hash IS NULL;
ALTER TABLE users
  ADD CONSTRAINT users_deleted_check
    CHECK (num_nonnulls(email, password_hash, name) = CASE WHEN deleted_at IS NULL THEN 3 ELSE 0 END);
