-- The schema that results from the migrations, grants.sql and roles.sql, so that a review shows each change.
-- Nothing runs this file: a test compares it with a database. To update it: npm run schema:write

CREATE SEQUENCE migrations_position_seq AS bigint;

CREATE SEQUENCE order_migrations_id_seq AS integer;

CREATE SEQUENCE product_migrations_id_seq AS integer;

CREATE SEQUENCE user_migrations_id_seq AS integer;

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  status smallint NOT NULL,
  body text NOT NULL,
  location text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255))),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key)
);

CREATE TABLE order_counts (
  user_id uuid NOT NULL,
  status text NOT NULL,
  count bigint NOT NULL,
  CONSTRAINT order_counts_pkey PRIMARY KEY (user_id, status)
) WITH (fillfactor=70);

CREATE TABLE order_migrations (
  id integer DEFAULT nextval('order_migrations_id_seq'::regclass) NOT NULL,
  name character varying(255) NOT NULL,
  run_on timestamp without time zone NOT NULL,
  "position" bigint DEFAULT nextval('migrations_position_seq'::regclass) NOT NULL,
  CONSTRAINT order_migrations_pkey PRIMARY KEY (id)
);

CREATE TABLE orders (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  product_id uuid NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  product_name text NOT NULL,
  unit_amount integer NOT NULL,
  currency character(3) NOT NULL,
  quantity integer DEFAULT 1 NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  CONSTRAINT orders_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT orders_pkey PRIMARY KEY (id),
  CONSTRAINT orders_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE RESTRICT,
  CONSTRAINT orders_quantity_check CHECK (((quantity >= 1) AND (quantity <= 999))),
  CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text, 'shipped'::text, 'delivered'::text, 'cancelled'::text, 'refunded'::text]))),
  CONSTRAINT orders_unit_amount_check CHECK ((unit_amount >= 0)),
  CONSTRAINT orders_updated_at_check CHECK (((updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE RESTRICT,
  CONSTRAINT orders_version_check CHECK ((version >= 1))
);

CREATE TABLE product_migrations (
  id integer DEFAULT nextval('product_migrations_id_seq'::regclass) NOT NULL,
  name character varying(255) NOT NULL,
  run_on timestamp without time zone NOT NULL,
  "position" bigint DEFAULT nextval('migrations_position_seq'::regclass) NOT NULL,
  CONSTRAINT product_migrations_pkey PRIMARY KEY (id)
);

CREATE TABLE products (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  unit_amount integer NOT NULL,
  currency character(3) NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT products_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT products_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT products_description_check CHECK ((char_length(description) <= 5000)),
  CONSTRAINT products_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT products_pkey PRIMARY KEY (id),
  CONSTRAINT products_unit_amount_check CHECK ((unit_amount >= 0)),
  CONSTRAINT products_updated_at_check CHECK (((updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone)))
);

CREATE TABLE sessions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  recent jsonb DEFAULT '[]'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_recent_check CHECK ((jsonb_typeof(recent) = 'array'::text)),
  CONSTRAINT sessions_times_check CHECK ((isfinite(created_at) AND isfinite(ends_at) AND (expires_at <= ends_at))),
  CONSTRAINT sessions_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE signing_keys (
  kid text NOT NULL,
  private_key jsonb NOT NULL,
  public_key jsonb NOT NULL,
  signs_from timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_keys_public_key_check CHECK ((NOT (public_key ? 'd'::text))),
  CONSTRAINT signing_keys_signs_from_key UNIQUE (signs_from)
);

CREATE TABLE user_migrations (
  id integer DEFAULT nextval('user_migrations_id_seq'::regclass) NOT NULL,
  name character varying(255) NOT NULL,
  run_on timestamp without time zone NOT NULL,
  "position" bigint DEFAULT nextval('migrations_position_seq'::regclass) NOT NULL,
  CONSTRAINT user_migrations_pkey PRIMARY KEY (id)
);

CREATE TABLE users (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  email text COLLATE "C",
  password_hash text,
  name text,
  role text DEFAULT 'customer'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  deleted_at timestamp with time zone,
  CONSTRAINT users_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT users_deleted_at_check CHECK (((deleted_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (deleted_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT users_deleted_check CHECK ((num_nonnulls(email, password_hash, name) =
CASE
    WHEN (deleted_at IS NULL) THEN 3
    ELSE 0
END)),
  CONSTRAINT users_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
  CONSTRAINT users_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT users_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text)),
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['customer'::text, 'admin'::text]))),
  CONSTRAINT users_updated_at_check CHECK (((updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone)))
);

CREATE INDEX idempotency_keys_expires_at_idx ON public.idempotency_keys USING btree (expires_at);

CREATE INDEX orders_created_at_idx ON public.orders USING btree (created_at DESC);

CREATE INDEX orders_list_idx ON public.orders USING btree (user_id, created_at DESC, id DESC) INCLUDE (product_id, product_name, quantity, unit_amount, currency, status, updated_at);

CREATE INDEX orders_list_of_status_idx ON public.orders USING btree (user_id, status, created_at DESC, id DESC);

CREATE INDEX orders_product_id_idx ON public.orders USING btree (product_id);

CREATE INDEX products_created_at_idx ON public.products USING btree (created_at DESC, id DESC);

CREATE INDEX sessions_expires_at_idx ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_user_id_created_at_idx ON public.sessions USING btree (user_id, created_at DESC, id DESC);

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE OR REPLACE FUNCTION public.count_deleted_orders()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  INSERT INTO public.order_counts AS counts (user_id, status, count)
  SELECT user_id, status, -count(*) FROM deleted GROUP BY user_id, status ORDER BY user_id, status
  ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.count_inserted_orders()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  INSERT INTO public.order_counts AS counts (user_id, status, count)
  SELECT user_id, status, count(*) FROM inserted GROUP BY user_id, status ORDER BY user_id, status
  ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.count_truncated_orders()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  DELETE FROM public.order_counts;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.count_updated_orders()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  INSERT INTO public.order_counts AS counts (user_id, status, count)
  SELECT user_id, status, sum(change)
  FROM (
    SELECT user_id, status, -1 AS change FROM deleted
    UNION ALL
    SELECT user_id, status, 1 AS change FROM inserted
  ) AS changes
  GROUP BY user_id, status
  HAVING sum(change) <> 0
  ORDER BY user_id, status
  ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  RETURN NULL;
END
$function$
;

CREATE TRIGGER count_deleted_orders AFTER DELETE ON public.orders REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_orders();

CREATE TRIGGER count_inserted_orders AFTER INSERT ON public.orders REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_orders();

CREATE TRIGGER count_truncated_orders AFTER TRUNCATE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION count_truncated_orders();

CREATE TRIGGER count_updated_orders AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION count_updated_orders();

ALTER ROLE user_service SET DateStyle=ISO, MDY;
ALTER ROLE user_service SET TimeZone=UTC;
ALTER ROLE user_service SET idle_in_transaction_session_timeout=10s;
ALTER ROLE user_service SET lock_timeout=2s;
ALTER ROLE user_service SET log_parameter_max_length=0;
ALTER ROLE user_service SET statement_timeout=5s;
ALTER ROLE user_service IN DATABASE shop SET search_path=public;
GRANT CONNECT ON DATABASE shop TO user_service;
GRANT USAGE ON SCHEMA public TO user_service;
GRANT DELETE, INSERT, SELECT ON TABLE sessions TO user_service;
GRANT UPDATE ON TABLE sessions, of its column expires_at TO user_service;
GRANT UPDATE ON TABLE sessions, of its column recent TO user_service;
GRANT UPDATE ON TABLE sessions, of its column token_hash TO user_service;
GRANT INSERT, SELECT ON TABLE signing_keys TO user_service;
GRANT SELECT ON TABLE user_migrations TO user_service;
GRANT INSERT, SELECT ON TABLE users TO user_service;
GRANT UPDATE ON TABLE users, of its column deleted_at TO user_service;
GRANT UPDATE ON TABLE users, of its column email TO user_service;
GRANT UPDATE ON TABLE users, of its column name TO user_service;
GRANT UPDATE ON TABLE users, of its column password_hash TO user_service;
GRANT UPDATE ON TABLE users, of its column updated_at TO user_service;

ALTER ROLE product_service SET DateStyle=ISO, MDY;
ALTER ROLE product_service SET TimeZone=UTC;
ALTER ROLE product_service SET idle_in_transaction_session_timeout=10s;
ALTER ROLE product_service SET lock_timeout=2s;
ALTER ROLE product_service SET log_parameter_max_length=0;
ALTER ROLE product_service SET statement_timeout=5s;
ALTER ROLE product_service IN DATABASE shop SET search_path=public;
GRANT CONNECT ON DATABASE shop TO product_service;
GRANT USAGE ON SCHEMA public TO product_service;
GRANT SELECT ON TABLE product_migrations TO product_service;
GRANT INSERT, SELECT, UPDATE ON TABLE products TO product_service;

ALTER ROLE order_service SET DateStyle=ISO, MDY;
ALTER ROLE order_service SET TimeZone=UTC;
ALTER ROLE order_service SET idle_in_transaction_session_timeout=10s;
ALTER ROLE order_service SET lock_timeout=2s;
ALTER ROLE order_service SET log_parameter_max_length=0;
ALTER ROLE order_service SET statement_timeout=5s;
ALTER ROLE order_service IN DATABASE shop SET search_path=public;
GRANT CONNECT ON DATABASE shop TO order_service;
GRANT USAGE ON SCHEMA public TO order_service;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE idempotency_keys TO order_service;
GRANT SELECT ON TABLE order_counts TO order_service;
GRANT SELECT ON TABLE order_migrations TO order_service;
GRANT INSERT, SELECT, UPDATE ON TABLE orders TO order_service;

-- everyone
GRANT EXECUTE ON FUNCTION count_deleted_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_inserted_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_truncated_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_updated_orders() TO PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;
