-- Up Migration
DROP INDEX orders_list_idx;
ALTER INDEX orders_list_of_totals_idx RENAME TO orders_list_idx;
DROP INDEX orders_list_of_status_idx;
ALTER INDEX orders_list_of_one_status_idx RENAME TO orders_list_of_status_idx;
-- orders_placed_idx serves the same and more.
DROP INDEX orders_created_at_idx;

-- The validated constraint spares SET NOT NULL from reading the table.
ALTER TABLE orders ALTER COLUMN total_amount SET NOT NULL;

-- The transitions of services/order/src/transitions.ts; a test compares them.
CREATE FUNCTION is_order_transition(event text, from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
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
$$;

-- The guards run after the whole statement, so they see what its other parts have written. They run as the owner,
-- because they must read the tables whoever writes.

-- An order is stored with its whole history and with items that add up, or not at all. Once a statement, so that many
-- orders cost little more than one. A subquery for each order, which no plan turns into a join that reads all events.
CREATE FUNCTION guard_new_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  placed record;
  history record;
BEGIN
  -- An order that was just placed is right at a glance; the others are looked at one by one.
  FOR placed IN
    SELECT * FROM inserted
    WHERE (
      version = 1 AND status = 'pending' AND refunded_amount = 0
      AND (
        SELECT status = 'pending' AND at = inserted.created_at AND at = inserted.updated_at
        FROM public.order_events WHERE order_id = inserted.id AND user_id = inserted.user_id AND version = 1
      )
      AND (SELECT true FROM public.order_items WHERE order_id = inserted.id LIMIT 1)
    ) IS NOT TRUE
  LOOP
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
    IF NOT EXISTS (SELECT FROM public.order_items WHERE order_id = placed.id) THEN
      RAISE EXCEPTION 'order % is not stored without its items', placed.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'orders_items';
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;

-- An order changes by an allowed transition, with an event that says so.
CREATE FUNCTION guard_changed_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

-- The items of an order come in one statement, at positions from 1 on: as a position is not taken twice, none can be
-- added later.
CREATE FUNCTION guard_new_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  wrong uuid;
BEGIN
  SELECT order_id INTO wrong
  FROM (
    SELECT order_id, user_id, count(*) AS item_count, max(position) AS last,
      sum(quantity::bigint * unit_amount) AS total_amount
    FROM inserted GROUP BY order_id, user_id
  ) AS added
  WHERE (
    SELECT (item_count, item_count, total_amount) = (added.item_count, added.last, added.total_amount)
    FROM public.orders WHERE id = added.order_id AND user_id = added.user_id
  ) IS NOT TRUE
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the items of order % do not add up to its item_count and total_amount', wrong
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'order_items_total';
  END IF;
  RETURN NULL;
END
$$;

-- An event is not written ahead of its change: an order would have a history that did not happen.
CREATE FUNCTION guard_new_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  wrong record;
BEGIN
  SELECT order_id, version INTO wrong FROM inserted
  WHERE (
    SELECT version >= inserted.version FROM public.orders WHERE id = inserted.order_id AND user_id = inserted.user_id
  ) IS NOT TRUE
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'order % has no version % that an event could be about', wrong.order_id, wrong.version
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'order_events_version';
  END IF;
  RETURN NULL;
END
$$;

-- Triggers of a statement run after those of its rows, so after insert_item_and_events_of_order.
CREATE TRIGGER review_new_orders AFTER INSERT ON orders
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION guard_new_orders();
-- Rows with impossible times were there before the constraints on times; the owner may correct them.
CREATE TRIGGER review_changed_order AFTER UPDATE ON orders FOR EACH ROW
  WHEN (
    OLD.created_at >= '0001-01-01 00:00:00+00' AND OLD.created_at < '10000-01-01 00:00:00+00'
    AND OLD.updated_at >= '0001-01-01 00:00:00+00' AND OLD.updated_at < '10000-01-01 00:00:00+00'
  )
  EXECUTE FUNCTION guard_changed_order();
CREATE TRIGGER review_new_items AFTER INSERT ON order_items
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION guard_new_items();
CREATE TRIGGER review_new_events AFTER INSERT ON order_events
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION guard_new_events();

-- Down Migration
DROP TRIGGER review_new_orders ON orders;
DROP TRIGGER review_changed_order ON orders;
DROP TRIGGER review_new_items ON order_items;
DROP TRIGGER review_new_events ON order_events;
DROP FUNCTION guard_new_orders();
DROP FUNCTION guard_changed_order();
DROP FUNCTION guard_new_items();
DROP FUNCTION guard_new_events();
DROP FUNCTION is_order_transition(text, text, text);
ALTER TABLE orders ALTER COLUMN total_amount DROP NOT NULL;
CREATE INDEX orders_created_at_idx ON orders (created_at DESC);
ALTER INDEX orders_list_idx RENAME TO orders_list_of_totals_idx;
CREATE INDEX orders_list_idx ON orders (user_id, created_at DESC, id DESC)
  INCLUDE (product_id, product_name, quantity, unit_amount, currency, status, updated_at);
ALTER INDEX orders_list_of_status_idx RENAME TO orders_list_of_one_status_idx;
CREATE INDEX orders_list_of_status_idx ON orders (user_id, status, created_at DESC, id DESC);
