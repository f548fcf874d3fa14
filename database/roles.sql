-- One login role a service, which may connect and no more; services/<name>/grants.sql says what else.
-- Run by the owner after the migrations (npm start and the Compose stack do), any number of times. The passwords are
-- read from the session's parameters shop.<role>_password, so that they stand in no statement.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['user_service', 'product_service', 'order_service'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role);
    END IF;
    EXECUTE format('ALTER ROLE %I PASSWORD %L', role, current_setting(format('shop.%s_password', role)));
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', role, '5s');
    EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', role, '2s');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role, '10s');
    -- what the services ask for themselves, for when a pooler drops it
    EXECUTE format('ALTER ROLE %I SET TimeZone = %L', role, 'UTC');
    EXECUTE format('ALTER ROLE %I SET DateStyle = %L', role, 'ISO, MDY');
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role);
  END LOOP;
  -- by default everybody may connect and make temporary tables, and before PostgreSQL 15 make tables in public
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
