-- Up Migration
-- Existing rows that violate the constraints stay as they are, because only an operator can know their real times. They are
-- shown with the nearest possible time, and cannot be changed until their times are corrected.
DO $$
BEGIN
  ALTER TABLE users VALIDATE CONSTRAINT users_created_at_check, VALIDATE CONSTRAINT users_updated_at_check;
EXCEPTION WHEN check_violation THEN
  RAISE WARNING 'The table users has rows with times outside the years 0001 to 9999. Correct them as docs/operations.md says, then run: ALTER TABLE users VALIDATE CONSTRAINT users_created_at_check, VALIDATE CONSTRAINT users_updated_at_check;';
END
$$;

-- Down Migration
-- Nothing to take back: the migration before this one drops the constraints.
