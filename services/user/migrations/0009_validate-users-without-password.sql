-- Up Migration
ALTER TABLE users VALIDATE CONSTRAINT users_account_check;

-- Down Migration
-- Nothing to take back: the migration before this one drops the constraint.
