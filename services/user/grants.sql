-- What the role of the user service may do. Run after its migrations and when the roles are created.
-- By hand: psql -v role=user_service -f grants.sql
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";

GRANT SELECT, INSERT ON users, signing_keys TO :"role";
-- not id, role or created_at: no request makes an admin
GRANT UPDATE (email, password_hash, name, updated_at, deleted_at) ON users TO :"role";
GRANT SELECT, INSERT, DELETE ON sessions TO :"role";
GRANT UPDATE (token_hash, recent, expires_at) ON sessions TO :"role";
GRANT SELECT ON user_migrations TO :"role";
