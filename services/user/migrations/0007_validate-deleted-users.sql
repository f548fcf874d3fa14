-- Up Migration
ALTER TABLE users VALIDATE CONSTRAINT users_deleted_at_check, VALIDATE CONSTRAINT users_deleted_check;

-- Down Migration
-- Nothing to take back: the migration before this one drops the constraints.
