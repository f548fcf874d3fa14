-- What the role of the user service may do. Run after its migrations, and when the roles are made.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM user_service;

GRANT SELECT, INSERT ON users, signing_keys TO user_service;
GRANT SELECT ON user_migrations TO user_service;
