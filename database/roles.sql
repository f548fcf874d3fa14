-- Attributes and settings of every service's login role; the rights on tables are in
-- services/<name>/grants.sql. The owner runs this for each role, after the migrations; it can be repeated.
-- By hand, for an existing role:
--   psql -v role=order_service -v verifier='SCRAM-SHA-256$…' -v database=shop -f database/roles.sql

-- A verifier instead of the password, which would appear in the server's log.
ALTER ROLE :"role" LOGIN PASSWORD :'verifier';

-- Settings for every session of the role.
ALTER ROLE :"role" SET statement_timeout = '5s';
ALTER ROLE :"role" SET lock_timeout = '2s';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '10s';
-- The services request these too, but a connection pooler may drop the request.
ALTER ROLE :"role" SET TimeZone = 'UTC';
ALTER ROLE :"role" SET DateStyle = 'ISO, MDY';
-- IN DATABASE, because that takes precedence over what is set for the role or the database alone
ALTER ROLE :"role" IN DATABASE :"database" SET search_path = public;

GRANT CONNECT ON DATABASE :"database" TO :"role";
GRANT USAGE ON SCHEMA public TO :"role";

-- By default everyone may connect and create temporary tables, and before PostgreSQL 15 create tables in
-- public.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
