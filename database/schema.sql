-- The schema that results from the migrations, grants.sql and roles.sql, so that a review shows each change.
-- Nothing runs this file: a test compares it with a database. To update it: npm run schema:write

CREATE SEQUENCE migrations_position_seq AS bigint;

CREATE SEQUENCE order_migrations_id_seq AS integer;

CREATE SEQUENCE product_migrations_id_seq AS integer;

CREATE SEQUENCE relay_migrations_id_seq AS integer;

CREATE SEQUENCE user_migrations_id_seq AS integer;

CREATE TABLE erasures (
  user_id uuid NOT NULL,
  requested_at timestamp with time zone NOT NULL,
  requested_by jsonb NOT NULL,
  erased_orders bigint DEFAULT 0 NOT NULL,
  due_at timestamp with time zone NOT NULL,
  completed_at timestamp with time zone,
  CONSTRAINT erasures_pkey PRIMARY KEY (user_id)
);

CREATE TABLE export_links (
  token_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  request jsonb NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT export_links_kind_check CHECK ((kind = ANY (ARRAY['own'::text, 'all'::text]))),
  CONSTRAINT export_links_pkey PRIMARY KEY (token_hash),
  CONSTRAINT export_links_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

CREATE TABLE feed (
  "position" bigint NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  version integer NOT NULL,
  type text NOT NULL,
  at timestamp with time zone NOT NULL,
  moved_at timestamp with time zone NOT NULL,
  CONSTRAINT feed_pkey PRIMARY KEY ("position"),
  CONSTRAINT feed_position_check CHECK (("position" >= 1))
);

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  status smallint,
  body text,
  location text,
  expires_at timestamp with time zone NOT NULL,
  order_id uuid,
  CONSTRAINT idempotency_keys_answer_check CHECK (((order_id IS NOT NULL) OR (body IS NOT NULL))),
  CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255))),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key)
);

CREATE TABLE order_counts (
  user_id uuid NOT NULL,
  status text NOT NULL,
  count bigint NOT NULL,
  CONSTRAINT order_counts_pkey PRIMARY KEY (user_id, status)
) WITH (fillfactor=70);

CREATE TABLE order_events (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  version integer NOT NULL,
  type text NOT NULL,
  status text NOT NULL,
  actor jsonb NOT NULL,
  at timestamp with time zone NOT NULL,
  amount bigint,
  currency character(3),
  data jsonb DEFAULT '{}'::jsonb NOT NULL,
  traceparent text,
  CONSTRAINT order_events_amount_check CHECK ((((amount IS NOT NULL) = (type = ANY (ARRAY['paid'::text, 'paid_late'::text, 'refunded'::text]))) AND ((amount IS NULL) = (currency IS NULL)) AND (amount >= 0))),
  CONSTRAINT order_events_at_check CHECK (((at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT order_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE,
  CONSTRAINT order_events_pkey PRIMARY KEY (order_id, version),
  CONSTRAINT order_events_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text, 'shipped'::text, 'delivered'::text, 'cancelled'::text, 'refunded'::text]))),
  CONSTRAINT order_events_type_check CHECK (((type = ANY (ARRAY['placed'::text, 'paid'::text, 'paid_late'::text, 'shipped'::text, 'tracked'::text, 'delivered'::text, 'cancelled'::text, 'refunded'::text, 'readdressed'::text, 'noted'::text, 'reverted'::text, 'erased'::text])) AND ((type = 'placed'::text) = (version = 1)))),
  CONSTRAINT order_events_version_check CHECK ((version >= 1))
);

CREATE TABLE order_events_pending (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  version integer NOT NULL,
  type text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT order_events_pending_pkey PRIMARY KEY (order_id, version)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000, autovacuum_vacuum_cost_delay=0);

CREATE TABLE order_items (
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  "position" smallint NOT NULL,
  product_id uuid NOT NULL,
  product_name text NOT NULL,
  quantity integer NOT NULL,
  unit_amount integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE,
  CONSTRAINT order_items_pkey PRIMARY KEY (order_id, "position"),
  CONSTRAINT order_items_position_check CHECK ((("position" >= 1) AND ("position" <= 100))),
  CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE RESTRICT,
  CONSTRAINT order_items_quantity_check CHECK (((quantity >= 1) AND (quantity <= 999))),
  CONSTRAINT order_items_unit_amount_check CHECK ((unit_amount >= 0))
);

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
  unit_amount integer,
  currency character(3) NOT NULL,
  quantity integer,
  version integer DEFAULT 1 NOT NULL,
  item_count integer DEFAULT 1 NOT NULL,
  total_amount bigint NOT NULL,
  refunded_amount bigint DEFAULT 0 NOT NULL,
  shipping_address jsonb,
  metadata jsonb,
  payment_reference text,
  late_payment boolean DEFAULT false NOT NULL,
  carrier text,
  tracking_number text,
  tracking_url text,
  CONSTRAINT orders_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT orders_item_count_check CHECK (((item_count >= 1) AND (item_count <= 100))),
  CONSTRAINT orders_pkey PRIMARY KEY (id),
  CONSTRAINT orders_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE RESTRICT,
  CONSTRAINT orders_quantity_check CHECK (((quantity >= 1) AND (quantity <= 999))),
  CONSTRAINT orders_refunded_amount_check CHECK ((((refunded_amount >= 0) AND (refunded_amount <= total_amount)) AND ((status <> 'refunded'::text) OR (refunded_amount = total_amount)))),
  CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text, 'shipped'::text, 'delivered'::text, 'cancelled'::text, 'refunded'::text]))),
  CONSTRAINT orders_total_amount_check CHECK (((total_amount IS NOT NULL) AND (total_amount >= 0))),
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

CREATE TABLE relay_migrations (
  id integer DEFAULT nextval('relay_migrations_id_seq'::regclass) NOT NULL,
  name character varying(255) NOT NULL,
  run_on timestamp without time zone NOT NULL,
  "position" bigint DEFAULT nextval('migrations_position_seq'::regclass) NOT NULL,
  CONSTRAINT relay_migrations_pkey PRIMARY KEY (id)
);

CREATE TABLE relay_state (
  id boolean DEFAULT true NOT NULL,
  epoch text NOT NULL,
  fingerprint text NOT NULL,
  oldest bigint DEFAULT 1 NOT NULL,
  token bigint DEFAULT 1 NOT NULL,
  holder uuid,
  lease_until timestamp with time zone NOT NULL,
  CONSTRAINT relay_state_id_check CHECK (id),
  CONSTRAINT relay_state_pkey PRIMARY KEY (id)
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
  CONSTRAINT users_account_check CHECK (
CASE
    WHEN (deleted_at IS NOT NULL) THEN (num_nonnulls(email, password_hash, name) = 0)
    ELSE ((password_hash IS NULL) OR (num_nonnulls(email, name) = 2))
END),
  CONSTRAINT users_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT users_deleted_at_check CHECK (((deleted_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (deleted_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT users_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
  CONSTRAINT users_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT users_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text)),
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['customer'::text, 'admin'::text]))),
  CONSTRAINT users_updated_at_check CHECK (((updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone)))
);

CREATE TABLE webhook_deliveries (
  webhook_id uuid NOT NULL,
  event_id uuid NOT NULL,
  "position" bigint NOT NULL,
  order_id uuid NOT NULL,
  type text NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  due_at timestamp with time zone NOT NULL,
  is_redelivery boolean NOT NULL,
  status integer,
  reason text,
  answer text,
  duration_ms integer,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (webhook_id, event_id),
  CONSTRAINT webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'parked'::text]))),
  CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);

CREATE TABLE webhook_secrets (
  id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  key_id text NOT NULL,
  box bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  CONSTRAINT webhook_secrets_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_secrets_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
);

CREATE TABLE webhooks (
  id uuid NOT NULL,
  url text NOT NULL,
  types text[],
  ordered boolean NOT NULL,
  description text NOT NULL,
  disabled_reason text,
  cursor bigint NOT NULL,
  paused_until timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT webhooks_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['operator'::text, 'gone'::text]))),
  CONSTRAINT webhooks_pkey PRIMARY KEY (id)
);

CREATE INDEX erasures_due_at_idx ON public.erasures USING btree (due_at) WHERE (completed_at IS NULL);

CREATE INDEX export_links_expires_at_idx ON public.export_links USING btree (expires_at);

CREATE INDEX feed_user_id_position_idx ON public.feed USING btree (user_id, "position");

CREATE INDEX idempotency_keys_expires_at_idx ON public.idempotency_keys USING btree (expires_at);

CREATE INDEX order_events_money_idx ON public.order_events USING btree (at) INCLUDE (type, amount, currency) WHERE (amount IS NOT NULL);

CREATE INDEX order_events_pending_at_idx ON public.order_events_pending USING btree (at);

CREATE INDEX order_items_product_id_idx ON public.order_items USING btree (product_id, created_at DESC, order_id DESC);

CREATE INDEX orders_late_payment_idx ON public.orders USING btree (created_at DESC NULLS LAST, id DESC NULLS LAST) WHERE late_payment;

CREATE INDEX orders_list_idx ON public.orders USING btree (user_id, created_at DESC, id DESC) INCLUDE (product_id, product_name, item_count, total_amount, refunded_amount, currency, status, version, updated_at);

CREATE INDEX orders_list_of_status_idx ON public.orders USING btree (user_id, status, created_at DESC NULLS LAST, id DESC);

CREATE INDEX orders_number_idx ON public.orders USING btree (order_number_value(id));

CREATE INDEX orders_placed_idx ON public.orders USING btree (created_at DESC NULLS LAST, id DESC NULLS LAST) INCLUDE (currency, total_amount);

CREATE INDEX orders_product_id_idx ON public.orders USING btree (product_id);

CREATE INDEX orders_status_idx ON public.orders USING btree (status, created_at DESC NULLS LAST, id DESC NULLS LAST);

CREATE INDEX orders_tracking_number_idx ON public.orders USING btree (tracking_number, created_at DESC NULLS LAST, id DESC) WHERE (tracking_number IS NOT NULL);

CREATE INDEX products_created_at_idx ON public.products USING btree (created_at DESC, id DESC);

CREATE INDEX sessions_expires_at_idx ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_user_id_created_at_idx ON public.sessions USING btree (user_id, created_at DESC, id DESC);

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE INDEX webhook_deliveries_created_at_idx ON public.webhook_deliveries USING btree (webhook_id, created_at DESC, event_id DESC);

CREATE INDEX webhook_deliveries_due_idx ON public.webhook_deliveries USING btree (webhook_id, due_at, "position") WHERE (state = 'waiting'::text);

CREATE INDEX webhook_deliveries_order_idx ON public.webhook_deliveries USING btree (webhook_id, order_id, "position") WHERE ((state = 'waiting'::text) AND (NOT is_redelivery));

CREATE INDEX webhook_deliveries_state_idx ON public.webhook_deliveries USING btree (webhook_id, state, created_at DESC, event_id DESC);

CREATE INDEX webhook_deliveries_updated_at_idx ON public.webhook_deliveries USING btree (updated_at) WHERE (state <> 'waiting'::text);

CREATE INDEX webhook_secrets_webhook_id_idx ON public.webhook_secrets USING btree (webhook_id);

CREATE OR REPLACE FUNCTION public.address_without_personal_data(address jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE jsonb_typeof(address)
    WHEN 'object' THEN
      jsonb_strip_nulls(jsonb_build_object('country', address->'country', 'postalCode', address->'postalCode'))
    ELSE address
  END
$function$
;

CREATE OR REPLACE FUNCTION public.announce_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  event record;
BEGIN
  FOR event IN SELECT id, user_id, order_id, version, type, at FROM inserted LOOP
    INSERT INTO public.order_events_pending (id, user_id, order_id, version, type, at)
    VALUES (event.id, event.user_id, event.order_id, event.version, event.type, event.at)
    -- the owner may delete an order and store it again
    ON CONFLICT (order_id, version) DO UPDATE SET id = excluded.id, at = excluded.at;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.complete_single_product_order()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.total_amount := NEW.quantity::bigint * NEW.unit_amount;
  NEW.refunded_amount := CASE NEW.status WHEN 'refunded' THEN NEW.total_amount ELSE 0 END;
  NEW.version := CASE NEW.status WHEN 'pending' THEN 1 ELSE 2 END;
  RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION public.count_deleted_orders()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT user_id, status, -count(*) AS count FROM deleted GROUP BY user_id, status ORDER BY user_id, status
  LOOP
    INSERT INTO public.order_counts AS counts (user_id, status, count)
    VALUES (change.user_id, change.status, change.count)
    ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  END LOOP;
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
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT user_id, status, count(*) AS count FROM inserted GROUP BY user_id, status ORDER BY user_id, status
  LOOP
    INSERT INTO public.order_counts AS counts (user_id, status, count)
    VALUES (change.user_id, change.status, change.count)
    ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  END LOOP;
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
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT user_id, status, sum(difference) AS count
    FROM (
      SELECT user_id, status, -1 AS difference FROM deleted
      UNION ALL
      SELECT user_id, status, 1 AS difference FROM inserted
    ) AS changes
    GROUP BY user_id, status
    HAVING sum(difference) <> 0
    ORDER BY user_id, status
  LOOP
    INSERT INTO public.order_counts AS counts (user_id, status, count)
    VALUES (change.user_id, change.status, change.count)
    ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.ensure_product(new_id uuid, new_name text, new_unit_amount integer, new_currency text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  INSERT INTO public.products (id, name, unit_amount, currency)
  VALUES (new_id, new_name, new_unit_amount, new_currency)
  ON CONFLICT (id) DO NOTHING;
$function$
;

CREATE OR REPLACE FUNCTION public.ensure_user(new_id uuid, new_email text, new_name text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  INSERT INTO public.users (id, email, name)
  VALUES (
    new_id,
    CASE WHEN char_length(new_email) BETWEEN 3 AND 254 THEN new_email END,
    nullif(left(new_name, 200), '')
  )
  ON CONFLICT DO NOTHING;

  INSERT INTO public.users (id, name) VALUES (new_id, nullif(left(new_name, 200), '')) ON CONFLICT DO NOTHING;
$function$
;

CREATE OR REPLACE FUNCTION public.erase_orders(erased_user uuid, after_created_at timestamp with time zone, after_id uuid, max_orders integer, OUT erased integer, OUT waiting integer, OUT next_created_at timestamp with time zone, OUT next_id uuid)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  closed CONSTANT text[] := '{delivered,cancelled,refunded}';
  request record;
  held uuid[];
  reopened integer;
  scrubbed uuid[];
BEGIN
  erased := 0;
  waiting := 0;
  SELECT requested_at, requested_by INTO request FROM public.erasures
  WHERE user_id = erased_user AND completed_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;

  SELECT array_agg(id) FILTER (WHERE status = ANY (closed) AND holds),
    count(*) FILTER (WHERE status <> ALL (closed)),
    (array_agg(created_at ORDER BY created_at DESC, id DESC))[max_orders],
    (array_agg(id ORDER BY created_at DESC, id DESC))[max_orders]
  INTO held, waiting, next_created_at, next_id
  FROM (
    SELECT id, status, created_at, status = ANY (closed) AND public.holds_personal_data(orders) AS holds
    FROM public.orders
    WHERE user_id = erased_user
      AND (created_at, id) < (
        coalesce(after_created_at, request.requested_at),
        coalesce(after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
    ORDER BY created_at DESC, id DESC LIMIT max_orders
  ) AS visited;
  IF held IS NULL THEN RETURN; END IF;

  -- Before the next statement, which then sees everything that a change of these orders has written meanwhile.
  SELECT count(*) FILTER (WHERE status <> ALL (closed)) INTO reopened
  FROM (
    SELECT status FROM public.orders WHERE id = ANY (held) AND user_id = erased_user ORDER BY id FOR UPDATE
  ) AS locked;
  waiting := waiting + reopened;

  WITH changed AS (
    UPDATE public.orders
    SET shipping_address = public.address_without_personal_data(shipping_address), metadata = NULL,
      version = version + 1,
      updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond')
    WHERE id = ANY (held) AND user_id = erased_user AND status = ANY (closed)
      AND public.holds_personal_data(orders)
    RETURNING id, user_id, version, status, updated_at
  ), event AS (
    INSERT INTO public.order_events (id, user_id, order_id, version, type, status, actor, at)
    SELECT public.uuid_v7(updated_at), user_id, id, version, 'erased', status, request.requested_by, updated_at
    FROM changed
  )
  SELECT array_agg(id), count(*) INTO scrubbed, erased FROM changed;

  UPDATE public.order_events SET data = public.without_personal_data(data)
  WHERE order_id = ANY (scrubbed) AND user_id = erased_user AND data <> public.without_personal_data(data);

  PERFORM public.erase_stored_answers(scrubbed, erased_user);
  UPDATE public.erasures SET erased_orders = erased_orders + erased WHERE user_id = erased_user AND erased > 0;
END
$function$
;

CREATE OR REPLACE FUNCTION public.erase_stored_answers(order_ids uuid[], owner_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  -- an answer belongs to whoever placed or changed the order, and the history says who that was
  UPDATE public.idempotency_keys SET body = public.without_personal_data(body::jsonb)::text
  WHERE user_id IN (
      SELECT (actor->>'id')::uuid FROM public.order_events WHERE order_id = ANY (order_ids) AND user_id = owner_id
    )
    AND body IS NOT NULL
    AND (order_id = ANY (order_ids) OR location IN (SELECT '/orders/' || id FROM unnest(order_ids) AS id))
$function$
;

CREATE OR REPLACE FUNCTION public.feed_after(after_position bigint, maximum integer)
 RETURNS SETOF feed
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  SELECT * FROM public.feed WHERE position > after_position ORDER BY position LIMIT maximum
$function$
;

CREATE OR REPLACE FUNCTION public.feed_fingerprint()
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  system text := '';
BEGIN
  IF has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') THEN
    SELECT system_identifier INTO system FROM pg_catalog.pg_control_system();
  END IF;
  RETURN concat_ws('.', system, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()),
    'public.feed'::regclass::oid);
END
$function$
;

CREATE OR REPLACE FUNCTION public.feed_head(OUT epoch text, OUT head bigint, OUT oldest bigint)
 RETURNS SETOF record
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  SELECT epoch, coalesce((SELECT position FROM public.feed ORDER BY position DESC LIMIT 1), 0), oldest
  FROM public.relay_state WHERE fingerprint = public.feed_fingerprint()
$function$
;

CREATE OR REPLACE FUNCTION public.feed_of_user_after(owner_id uuid, after_position bigint, maximum integer)
 RETURNS SETOF feed
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  SELECT * FROM public.feed WHERE user_id = owner_id AND position > after_position
  ORDER BY user_id, position LIMIT maximum
$function$
;

CREATE OR REPLACE FUNCTION public.guard_changed_order()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  event record;
BEGIN
  SELECT type, status, at, amount, currency INTO event FROM public.order_events
  WHERE order_id = NEW.id AND user_id = NEW.user_id AND version = NEW.version;
  IF NOT FOUND OR NEW.version <> OLD.version + 1 OR event.status <> NEW.status OR event.at <> NEW.updated_at
    OR NEW.updated_at <= OLD.updated_at
  THEN
    RAISE EXCEPTION 'order % is not changed without an event of version %, its status and its time', NEW.id, OLD.version + 1
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'orders_history';
  END IF;
  IF NOT public.is_order_transition(event.type, OLD.status, NEW.status)
    OR event.currency <> NEW.currency
    OR NEW.refunded_amount <> (OLD.refunded_amount + CASE event.type WHEN 'refunded' THEN event.amount ELSE 0 END)
    OR (CASE event.type
      WHEN 'paid' THEN event.amount <> NEW.total_amount OR NEW.late_payment
      -- once: the payment reference says whether it was paid
      WHEN 'paid_late' THEN event.amount <> NEW.total_amount OR OLD.payment_reference IS NOT NULL OR NOT NEW.late_payment
      WHEN 'refunded' THEN
        NEW.late_payment <> (OLD.late_payment AND NEW.refunded_amount < NEW.total_amount)
        OR CASE OLD.status
          WHEN 'cancelled' THEN NOT OLD.late_payment
          ELSE (NEW.status = 'refunded') <> (NEW.refunded_amount = NEW.total_amount)
        END
      ELSE NEW.late_payment <> OLD.late_payment
    END)
    OR event.type NOT IN ('paid', 'paid_late') AND NEW.payment_reference IS DISTINCT FROM OLD.payment_reference
  THEN
    RAISE EXCEPTION 'order % cannot be % while it is %', NEW.id, event.type, OLD.status
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'orders_transition';
  END IF;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.guard_new_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  event record;
BEGIN
  -- every order has a version 1, and guard_new_orders looks at its event
  FOR event IN SELECT order_id, user_id, version FROM inserted WHERE version > 1 LOOP
    IF (
      SELECT version >= event.version FROM public.orders WHERE id = event.order_id AND user_id = event.user_id
    ) IS NOT TRUE THEN
      RAISE EXCEPTION 'order % has no version % that an event could be about', event.order_id, event.version
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'order_events_version';
    END IF;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.guard_new_items()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  added record;
BEGIN
  FOR added IN
    SELECT order_id, user_id, count(*) AS item_count, max(position) AS last,
      sum(quantity::bigint * unit_amount) AS total_amount
    FROM inserted GROUP BY order_id, user_id
  LOOP
    IF (
      SELECT (item_count, item_count, total_amount) = (added.item_count, added.last, added.total_amount)
      FROM public.orders WHERE id = added.order_id AND user_id = added.user_id
    ) IS NOT TRUE THEN
      RAISE EXCEPTION 'the items of order % do not add up to its item_count and total_amount', added.order_id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'order_items_total';
    END IF;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.guard_new_orders()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  placed record;
  history record;
BEGIN
  FOR placed IN SELECT * FROM inserted LOOP
    -- an order that was just placed is right at a glance
    CONTINUE WHEN placed.version = 1 AND placed.status = 'pending' AND placed.refunded_amount = 0
      AND (
        SELECT status = 'pending' AND at = placed.created_at AND at = placed.updated_at
        FROM public.order_events WHERE order_id = placed.id AND user_id = placed.user_id AND version = 1
      )
      AND (SELECT true FROM public.order_items WHERE order_id = placed.id AND user_id = placed.user_id LIMIT 1);
    SELECT
      count(*) AS versions,
      bool_and(
        CASE version
          WHEN 1 THEN status = 'pending' AND at = placed.created_at
          ELSE at > previous_at AND public.is_order_transition(type, previous_status, status)
        END
      )
        AND bool_or(version = placed.version AND status = placed.status AND at = placed.updated_at)
        AND coalesce(sum(amount) FILTER (WHERE type = 'refunded'), 0) = placed.refunded_amount AS leads_here
    INTO history
    FROM (
      SELECT *, lag(status) OVER versions AS previous_status, lag(at) OVER versions AS previous_at
      FROM public.order_events
      WHERE order_id = placed.id AND user_id = placed.user_id AND version <= placed.version
      WINDOW versions AS (ORDER BY version)
    ) AS events;
    IF history.versions <> placed.version
      -- of an order that the version before has placed, not every step is known
      OR placed.unit_amount IS NULL AND history.leads_here IS NOT TRUE
    THEN
      RAISE EXCEPTION 'order % is not stored without its history: one row in order_events for each version', placed.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'orders_history';
    END IF;
    -- the guard of the items compares them with the order, but only if there are any
    IF NOT EXISTS (SELECT FROM public.order_items WHERE order_id = placed.id AND user_id = placed.user_id) THEN
      RAISE EXCEPTION 'order % is not stored without its items', placed.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'orders_items';
    END IF;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.guard_taken_key()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'a key of user % is taken', OLD.user_id
    USING ERRCODE = 'unique_violation', CONSTRAINT = 'idempotency_keys_taken';
END
$function$
;

CREATE OR REPLACE FUNCTION public.holds_personal_data(held orders)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  SELECT held.metadata IS NOT NULL
    OR held.shipping_address <> public.address_without_personal_data(held.shipping_address)
    OR EXISTS (
      SELECT FROM public.order_events
      WHERE order_id = held.id AND user_id = held.user_id AND data <> public.without_personal_data(data)
    )
$function$
;

CREATE OR REPLACE FUNCTION public.insert_item_and_events(placed orders)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  INSERT INTO public.order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
  VALUES (placed.user_id, placed.id, 1, placed.product_id, placed.product_name, placed.quantity, placed.unit_amount, placed.created_at);

  INSERT INTO public.order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency, data)
  SELECT public.uuid_v7(occurred_at), placed.user_id, placed.id, version, type, status,
    pg_catalog.jsonb_build_object('id', placed.user_id, 'role', 'customer'),
    least(greatest(occurred_at, '0001-01-01 00:00:00+00'), '9999-12-31 23:59:59.999999+00'),
    CASE WHEN type IN ('paid', 'refunded') THEN placed.quantity::bigint * placed.unit_amount END,
    CASE WHEN type IN ('paid', 'refunded') THEN placed.currency END,
    '{}'
  FROM (
    VALUES (1, 'placed', 'pending', placed.created_at), (2, placed.status, placed.status, placed.updated_at)
  ) AS events (version, type, status, occurred_at)
  WHERE version = 1 OR placed.status <> 'pending'
$function$
;

CREATE OR REPLACE FUNCTION public.insert_item_and_events_of_order()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  PERFORM public.insert_item_and_events(NEW);
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION public.is_order_transition(event text, from_status text, to_status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT (event, from_status, to_status) IN (
    ('paid', 'pending', 'paid'),
    ('paid_late', 'cancelled', 'cancelled'),
    ('shipped', 'paid', 'shipped'),
    ('tracked', 'shipped', 'shipped'),
    ('tracked', 'delivered', 'delivered'),
    ('delivered', 'shipped', 'delivered'),
    ('cancelled', 'pending', 'cancelled'),
    ('refunded', 'paid', 'paid'),
    ('refunded', 'paid', 'refunded'),
    ('refunded', 'shipped', 'shipped'),
    ('refunded', 'shipped', 'refunded'),
    ('refunded', 'delivered', 'delivered'),
    ('refunded', 'delivered', 'refunded'),
    ('refunded', 'cancelled', 'cancelled'),
    ('readdressed', 'pending', 'pending'),
    ('readdressed', 'paid', 'paid'),
    ('reverted', 'delivered', 'shipped'),
    ('reverted', 'shipped', 'paid'),
    ('erased', 'delivered', 'delivered'),
    ('erased', 'cancelled', 'cancelled'),
    ('erased', 'refunded', 'refunded')
  ) OR event = 'noted' AND from_status = to_status
$function$
;

CREATE OR REPLACE FUNCTION public.known_users(ids uuid[])
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  SELECT id FROM public.users WHERE id = ANY (ids) AND deleted_at IS NULL
$function$
;

CREATE OR REPLACE FUNCTION public.order_number_value(id uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT ('x' || substr(id::text, 23, 1) || substr(id::text, 25, 12))::bit(52)::bigint & 1125899906842623
$function$
;

CREATE OR REPLACE FUNCTION public.uuid_v7(moment timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  SELECT encode(
    -- version 4 becomes version 7 by two more bits
    set_bit(set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM least(greatest(moment, '1970-01-01'), '9999-12-31')) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6
      ), 52, 1), 53, 1),
    'hex')::uuid
$function$
;

CREATE OR REPLACE FUNCTION public.wait_for_event(since timestamp with time zone, pause_ms integer, maximum_ms integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
DECLARE
  ends_at timestamptz := clock_timestamp() + maximum_ms * interval '1 millisecond';
BEGIN
  WHILE NOT EXISTS (SELECT FROM public.order_events_pending WHERE at >= since) LOOP
    IF clock_timestamp() >= ends_at THEN
      RETURN false;
    END IF;
    PERFORM pg_catalog.pg_sleep(pause_ms / 1000.0);
  END LOOP;
  RETURN true;
END
$function$
;

CREATE OR REPLACE FUNCTION public.without_personal_data(value jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT value - 'note' - 'reason'
    || CASE WHEN value ? 'metadata' THEN '{"metadata": null}'::jsonb ELSE '{}' END
    || CASE
      WHEN value ? 'shippingAddress'
      THEN jsonb_build_object('shippingAddress', public.address_without_personal_data(value->'shippingAddress'))
      ELSE '{}'
    END
    || CASE
      WHEN value ? 'previousAddress'
      THEN jsonb_build_object('previousAddress', public.address_without_personal_data(value->'previousAddress'))
      ELSE '{}'
    END
$function$
;

CREATE TRIGGER review_taken_key BEFORE UPDATE ON public.idempotency_keys FOR EACH ROW WHEN (((old.expires_at > now()) AND (new.body IS NOT NULL) AND (new.expires_at <> old.expires_at))) EXECUTE FUNCTION guard_taken_key();

CREATE TRIGGER announce_events AFTER INSERT ON public.order_events REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION announce_events();

CREATE TRIGGER review_new_events AFTER INSERT ON public.order_events REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION guard_new_events();

CREATE TRIGGER review_new_items AFTER INSERT ON public.order_items REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION guard_new_items();

CREATE TRIGGER complete_single_product_order BEFORE INSERT ON public.orders FOR EACH ROW WHEN ((new.total_amount IS NULL)) EXECUTE FUNCTION complete_single_product_order();

CREATE TRIGGER count_deleted_orders AFTER DELETE ON public.orders REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_orders();

CREATE TRIGGER count_inserted_orders AFTER INSERT ON public.orders REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_orders();

CREATE TRIGGER count_truncated_orders AFTER TRUNCATE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION count_truncated_orders();

CREATE TRIGGER count_updated_orders AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION count_updated_orders();

CREATE TRIGGER insert_item_and_events_of_order AFTER INSERT ON public.orders FOR EACH ROW WHEN ((new.unit_amount IS NOT NULL)) EXECUTE FUNCTION insert_item_and_events_of_order();

CREATE TRIGGER review_changed_order AFTER UPDATE ON public.orders FOR EACH ROW WHEN (((old.created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (old.created_at < '10000-01-01 00:00:00+00'::timestamp with time zone) AND (old.updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (old.updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone))) EXECUTE FUNCTION guard_changed_order();

CREATE TRIGGER review_new_orders AFTER INSERT ON public.orders REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION guard_new_orders();

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
GRANT EXECUTE ON FUNCTION ensure_product(uuid,text,integer,text) TO order_service;
GRANT EXECUTE ON FUNCTION ensure_user(uuid,text,text) TO order_service;
GRANT EXECUTE ON FUNCTION erase_orders(uuid,timestamp with time zone,uuid,integer) TO order_service;
GRANT EXECUTE ON FUNCTION feed_after(bigint,integer) TO order_service;
GRANT EXECUTE ON FUNCTION feed_head() TO order_service;
GRANT EXECUTE ON FUNCTION feed_of_user_after(uuid,bigint,integer) TO order_service;
GRANT EXECUTE ON FUNCTION known_users(uuid[]) TO order_service;
GRANT USAGE ON SCHEMA public TO order_service;
GRANT INSERT, SELECT ON TABLE erasures TO order_service;
GRANT UPDATE ON TABLE erasures, of its column completed_at TO order_service;
GRANT UPDATE ON TABLE erasures, of its column due_at TO order_service;
GRANT UPDATE ON TABLE erasures, of its column requested_at TO order_service;
GRANT UPDATE ON TABLE erasures, of its column requested_by TO order_service;
GRANT DELETE, INSERT, SELECT ON TABLE export_links TO order_service;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE idempotency_keys TO order_service;
GRANT SELECT ON TABLE order_counts TO order_service;
GRANT INSERT, SELECT ON TABLE order_events TO order_service;
GRANT INSERT, SELECT ON TABLE order_items TO order_service;
GRANT SELECT ON TABLE order_migrations TO order_service;
GRANT INSERT, SELECT ON TABLE orders TO order_service;
GRANT UPDATE ON TABLE orders, of its column carrier TO order_service;
GRANT UPDATE ON TABLE orders, of its column late_payment TO order_service;
GRANT UPDATE ON TABLE orders, of its column payment_reference TO order_service;
GRANT UPDATE ON TABLE orders, of its column refunded_amount TO order_service;
GRANT UPDATE ON TABLE orders, of its column shipping_address TO order_service;
GRANT UPDATE ON TABLE orders, of its column status TO order_service;
GRANT UPDATE ON TABLE orders, of its column tracking_number TO order_service;
GRANT UPDATE ON TABLE orders, of its column tracking_url TO order_service;
GRANT UPDATE ON TABLE orders, of its column updated_at TO order_service;
GRANT UPDATE ON TABLE orders, of its column version TO order_service;

ALTER ROLE relay_service SET DateStyle=ISO, MDY;
ALTER ROLE relay_service SET TimeZone=UTC;
ALTER ROLE relay_service SET idle_in_transaction_session_timeout=10s;
ALTER ROLE relay_service SET lock_timeout=2s;
ALTER ROLE relay_service SET log_parameter_max_length=0;
ALTER ROLE relay_service SET statement_timeout=5s;
ALTER ROLE relay_service IN DATABASE shop SET search_path=public;
GRANT CONNECT ON DATABASE shop TO relay_service;
GRANT EXECUTE ON FUNCTION feed_fingerprint() TO relay_service;
GRANT EXECUTE ON FUNCTION wait_for_event(timestamp with time zone,integer,integer) TO relay_service;
GRANT USAGE ON SCHEMA public TO relay_service;
GRANT DELETE, INSERT, SELECT ON TABLE feed TO relay_service;
GRANT SELECT ON TABLE order_events TO relay_service;
GRANT DELETE, SELECT ON TABLE order_events_pending TO relay_service;
GRANT SELECT ON TABLE order_items TO relay_service;
GRANT SELECT ON TABLE orders, of its column created_at TO relay_service;
GRANT SELECT ON TABLE orders, of its column currency TO relay_service;
GRANT SELECT ON TABLE orders, of its column id TO relay_service;
GRANT SELECT ON TABLE orders, of its column item_count TO relay_service;
GRANT SELECT ON TABLE orders, of its column product_id TO relay_service;
GRANT SELECT ON TABLE orders, of its column product_name TO relay_service;
GRANT SELECT ON TABLE orders, of its column total_amount TO relay_service;
GRANT SELECT ON TABLE orders, of its column user_id TO relay_service;
GRANT SELECT ON TABLE relay_migrations TO relay_service;
GRANT INSERT, SELECT, UPDATE ON TABLE relay_state TO relay_service;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhook_deliveries TO relay_service;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhook_secrets TO relay_service;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhooks TO relay_service;

-- everyone
GRANT EXECUTE ON FUNCTION address_without_personal_data(jsonb) TO PUBLIC;
GRANT EXECUTE ON FUNCTION announce_events() TO PUBLIC;
GRANT EXECUTE ON FUNCTION complete_single_product_order() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_deleted_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_inserted_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_truncated_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION count_updated_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION erase_stored_answers(uuid[],uuid) TO PUBLIC;
GRANT EXECUTE ON FUNCTION guard_changed_order() TO PUBLIC;
GRANT EXECUTE ON FUNCTION guard_new_events() TO PUBLIC;
GRANT EXECUTE ON FUNCTION guard_new_items() TO PUBLIC;
GRANT EXECUTE ON FUNCTION guard_new_orders() TO PUBLIC;
GRANT EXECUTE ON FUNCTION guard_taken_key() TO PUBLIC;
GRANT EXECUTE ON FUNCTION holds_personal_data(orders) TO PUBLIC;
GRANT EXECUTE ON FUNCTION insert_item_and_events(orders) TO PUBLIC;
GRANT EXECUTE ON FUNCTION insert_item_and_events_of_order() TO PUBLIC;
GRANT EXECUTE ON FUNCTION is_order_transition(text,text,text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION order_number_value(uuid) TO PUBLIC;
GRANT EXECUTE ON FUNCTION uuid_v7(timestamp with time zone) TO PUBLIC;
GRANT EXECUTE ON FUNCTION without_personal_data(jsonb) TO PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;
