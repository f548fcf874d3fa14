-- One login role of a service: what all of them have; services/<name>/grants.sql says what else.
-- Run by the owner after the migrations, once for each role and any number of times. By hand, for a role that exists:
--   psql -v role=order_service -v verifier='SCRAM-SHA-256$…' -v database=shop -f database/roles.sql

-- a verifier rather than the password, which would end up in the server's log
ALTER ROLE :"role" LOGIN PASSWORD :'verifier';

-- Settings of every session of the role.
ALTER ROLE :"role" SET statement_timeout = '5s';
ALTER ROLE :"role" SET lock_timeout = '2s';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '10s';
-- in this database, because that wins over what is set for the role or the database alone
ALTER ROLE :"role" IN DATABASE :"database" SET search_path = public;

GRANT CONNECT ON DATABASE :"database" TO :"role";
GRANT USAGE ON SCHEMA public TO :"role";

-- By default everybody may connect and make temporary tables, and before PostgreSQL 15 make tables in public.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
