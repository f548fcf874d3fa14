-- What the role of the user service may do. Run after its migrations and when the roles are created.
-- By hand: psql -v role=user_service -f grants.sql
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";

GRANT SELECT, INSERT ON users, signing_keys TO :"role";
GRANT SELECT ON user_migrations TO :"role";
