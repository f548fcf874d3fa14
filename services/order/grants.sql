-- What the role of the order service may do. Run after its migrations, and when the roles are made.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM order_service;

GRANT SELECT, INSERT, UPDATE ON orders TO order_service;
-- the counts are kept by triggers, with the owner's rights
GRANT SELECT ON order_counts TO order_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO order_service;
GRANT SELECT ON order_migrations TO order_service;
