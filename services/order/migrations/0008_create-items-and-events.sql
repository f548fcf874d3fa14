-- Up Migration
-- The items of an order, and everything that has happened to it. Only adds, under short locks; the following
-- migrations fill the existing orders, index them, and require what the order service writes from now on.
ALTER TABLE orders
  ADD COLUMN item_count integer NOT NULL DEFAULT 1,
  ADD COLUMN total_amount bigint,
  ADD COLUMN refunded_amount bigint NOT NULL DEFAULT 0,
  ADD COLUMN shipping_address jsonb,
  ADD COLUMN metadata jsonb,
  ADD COLUMN payment_reference text,
  -- a payment arrived after the cancellation, and has not been refunded
  ADD COLUMN late_payment boolean NOT NULL DEFAULT false,
  ADD COLUMN carrier text,
  ADD COLUMN tracking_number text,
  ADD COLUMN tracking_url text,
  -- Of orders placed by the version before; during an upgrade its replicas still write them.
  ALTER COLUMN quantity DROP NOT NULL,
  ALTER COLUMN quantity DROP DEFAULT,
  ALTER COLUMN unit_amount DROP NOT NULL,
  ADD CONSTRAINT orders_item_count_check CHECK (item_count BETWEEN 1 AND 100) NOT VALID,
  ADD CONSTRAINT orders_total_amount_check CHECK (total_amount IS NOT NULL AND total_amount >= 0) NOT VALID,
  ADD CONSTRAINT orders_refunded_amount_check
    CHECK (refunded_amount BETWEEN 0 AND total_amount AND (status <> 'refunded' OR refunded_amount = total_amount))
    NOT VALID;

-- user_id is the order's, so that all rows of one user can be kept on one node.
CREATE TABLE order_items (
  user_id uuid NOT NULL,
  order_id uuid NOT NULL CONSTRAINT order_items_order_id_fkey REFERENCES orders (id) ON DELETE CASCADE,
  position smallint NOT NULL CONSTRAINT order_items_position_check CHECK (position BETWEEN 1 AND 100),
  product_id uuid NOT NULL CONSTRAINT order_items_product_id_fkey REFERENCES products (id) ON DELETE RESTRICT,
  -- name and price at the time of the order: the catalogue goes on changing
  product_name text NOT NULL,
  quantity integer NOT NULL CONSTRAINT order_items_quantity_check CHECK (quantity BETWEEN 1 AND 999),
  unit_amount integer NOT NULL CONSTRAINT order_items_unit_amount_check CHECK (unit_amount >= 0),
  -- the order's, so that the operators' list of one product has the order of all lists
  created_at timestamptz NOT NULL,
  PRIMARY KEY (order_id, position)
);

-- Serves GET /admin/orders?productId=…, and the foreign key: without it, deleting a product would read all items.
CREATE INDEX order_items_product_id_idx ON order_items (product_id, created_at DESC, order_id DESC);

-- The history: one row for each version of an order, written in the statement of the change.
CREATE TABLE order_events (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  order_id uuid NOT NULL CONSTRAINT order_events_order_id_fkey REFERENCES orders (id) ON DELETE CASCADE,
  version integer NOT NULL CONSTRAINT order_events_version_check CHECK (version >= 1),
  type text NOT NULL CONSTRAINT order_events_type_check
    CHECK (
      type IN (
        'placed', 'paid', 'paid_late', 'shipped', 'tracked', 'delivered', 'cancelled', 'refunded', 'readdressed',
        'noted', 'reverted', 'erased'
      )
      AND (type = 'placed') = (version = 1)
    ),
  -- of the order, after the event
  status text NOT NULL CONSTRAINT order_events_status_check
    CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
  -- who did it: id and role, nothing personal
  actor jsonb NOT NULL,
  at timestamptz NOT NULL CONSTRAINT order_events_at_check
    CHECK (at >= '0001-01-01 00:00:00+00' AND at < '10000-01-01 00:00:00+00'),
  -- the money that moved, and its currency
  amount bigint,
  currency char(3),
  data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (order_id, version),
  CONSTRAINT order_events_amount_check CHECK (
    (amount IS NOT NULL) = (type IN ('paid', 'paid_late', 'refunded'))
    AND (amount IS NULL) = (currency IS NULL)
    AND amount >= 0
  )
);

-- Serves the money in GET /admin/stats; placing writes no entry.
CREATE INDEX order_events_money_idx ON order_events (at) INCLUDE (type, amount, currency) WHERE amount IS NOT NULL;

-- Returns a UUIDv7 of this time, for events that no service writes.
CREATE FUNCTION uuid_v7(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE SET search_path = '' AS $$
  SELECT encode(
    -- version 4 becomes version 7 by two more bits
    set_bit(set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM least(greatest(moment, '1970-01-01'), '9999-12-31')) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6
      ), 52, 1), 53, 1),
    'hex')::uuid
$$;

-- Returns the number behind an order number: the last 50 bits of the id, which are random in UUIDs of version 4 and 7.
CREATE FUNCTION order_number_value(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('x' || substr(id::text, 23, 1) || substr(id::text, 25, 12))::bit(52)::bigint & 1125899906842623
$$;

-- An order of the version before arrives without total_amount, item and events.
CREATE FUNCTION complete_single_product_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.total_amount := NEW.quantity::bigint * NEW.unit_amount;
  NEW.refunded_amount := CASE NEW.status WHEN 'refunded' THEN NEW.total_amount ELSE 0 END;
  NEW.version := CASE NEW.status WHEN 'pending' THEN 1 ELSE 2 END;
  RETURN NEW;
END
$$;

-- Inserts item and history of orders that were placed by the version before. Their history is what the order itself
-- tells: when it was placed, and since when it has its status.
CREATE FUNCTION insert_item_and_events(placed orders) RETURNS void LANGUAGE sql SET search_path = '' AS $$
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
$$;

-- As the owner: the role of the version before may not write these tables.
CREATE FUNCTION insert_item_and_events_of_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM public.insert_item_and_events(NEW);
  RETURN NULL;
END
$$;

CREATE TRIGGER complete_single_product_order BEFORE INSERT ON orders
  FOR EACH ROW WHEN (NEW.total_amount IS NULL) EXECUTE FUNCTION complete_single_product_order();
CREATE TRIGGER insert_item_and_events_of_order AFTER INSERT ON orders
  FOR EACH ROW WHEN (NEW.unit_amount IS NOT NULL) EXECUTE FUNCTION insert_item_and_events_of_order();

-- Down Migration
DROP TRIGGER complete_single_product_order ON orders;
DROP TRIGGER insert_item_and_events_of_order ON orders;
DROP FUNCTION complete_single_product_order();
DROP FUNCTION insert_item_and_events_of_order();
DROP FUNCTION insert_item_and_events(orders);

-- Of an order with several items only the first is kept.
UPDATE orders
SET quantity = order_items.quantity, unit_amount = order_items.unit_amount
FROM order_items
WHERE order_items.order_id = orders.id AND order_items.position = 1 AND orders.unit_amount IS NULL;

DROP TABLE order_events;
DROP TABLE order_items;
DROP FUNCTION order_number_value(uuid);
DROP FUNCTION uuid_v7(timestamptz);
ALTER TABLE orders
  DROP COLUMN item_count,
  DROP COLUMN total_amount,
  DROP COLUMN refunded_amount,
  DROP COLUMN shipping_address,
  DROP COLUMN metadata,
  DROP COLUMN payment_reference,
  DROP COLUMN late_payment,
  DROP COLUMN carrier,
  DROP COLUMN tracking_number,
  DROP COLUMN tracking_url,
  ALTER COLUMN quantity SET DEFAULT 1,
  ALTER COLUMN quantity SET NOT NULL,
  ALTER COLUMN unit_amount SET NOT NULL;
