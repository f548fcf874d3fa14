-- What the role of the relay may do. Run after its migrations and when the roles are created.
-- By hand: psql -v role=relay_service -f grants.sql
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";

-- what an event shows of an order; not addresses, metadata or payment references
GRANT SELECT (id, user_id, product_id, product_name, item_count, total_amount, currency, created_at)
  ON orders TO :"role";
GRANT SELECT ON order_items, order_events TO :"role";
GRANT SELECT, DELETE ON order_events_pending TO :"role";
GRANT SELECT, INSERT, DELETE ON feed TO :"role";
GRANT SELECT, INSERT, UPDATE ON relay_state TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks, webhook_secrets, webhook_deliveries TO :"role";
GRANT SELECT ON relay_migrations TO :"role";

-- a backup that is restored without privileges lets everyone execute them
REVOKE EXECUTE ON FUNCTION feed_fingerprint(), feed_head(), feed_after(bigint, integer),
  feed_of_user_after(uuid, bigint, integer), wait_for_event(timestamptz, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed_fingerprint(), wait_for_event(timestamptz, integer, integer) TO :"role";
-- To the order service, for streams: its roles are those that may place orders.
DO $$
DECLARE
  writer name;
BEGIN
  FOR writer IN
    SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS acl, pg_roles
    WHERE pg_class.oid = 'orders'::regclass AND privilege_type = 'INSERT' AND grantee = pg_roles.oid
      AND grantee <> relowner
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed_head(), feed_after(bigint, integer), feed_of_user_after(uuid, bigint, integer) TO %I', writer);
  END LOOP;
END
$$;
