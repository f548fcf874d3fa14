-- What the role of the order service may do. Run after its migrations and when the roles are created.
-- By hand: psql -v role=order_service -f grants.sql
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";

GRANT SELECT, INSERT, UPDATE ON orders TO :"role";
-- the counts are kept by triggers, with the owner's rights
GRANT SELECT ON order_counts TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO :"role";
GRANT SELECT ON order_migrations TO :"role";
