-- What the role of the order service may do. Run after its migrations and when the roles are created.
-- By hand: psql -v role=order_service -f grants.sql
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";

GRANT SELECT, INSERT ON orders TO :"role";
-- what a change of an order may touch; what was bought, by whom and for how much stays as it is
GRANT UPDATE (
  status, version, updated_at, refunded_amount, shipping_address, payment_reference, late_payment, carrier,
  tracking_number, tracking_url
) ON orders TO :"role";
GRANT SELECT, INSERT ON order_items, order_events TO :"role";
-- the counts are kept by triggers, with the owner's rights
GRANT SELECT ON order_counts TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO :"role";
GRANT SELECT, INSERT ON erasures TO :"role";
-- how much was erased is counted by the function
GRANT UPDATE (requested_at, requested_by, due_at, completed_at) ON erasures TO :"role";
-- a backup that is restored without privileges lets everyone execute it
REVOKE EXECUTE ON FUNCTION erase_orders(uuid, timestamptz, uuid, integer), known_users(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION known_users(uuid[]) TO :"role";
GRANT EXECUTE ON FUNCTION erase_orders(uuid, timestamptz, uuid, integer) TO :"role";
-- rows of users and products that only an identity provider and another catalogue have
REVOKE EXECUTE ON FUNCTION ensure_user(uuid, text, text), ensure_product(uuid, text, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_user(uuid, text, text), ensure_product(uuid, text, integer, text) TO :"role";
GRANT SELECT, INSERT, DELETE ON export_links TO :"role";
GRANT SELECT ON order_migrations TO :"role";
