-- Up Migration
-- The functions of triggers loop over the rows of the statement, and look at tables for one row at a time: a distributed
-- engine shows these rows only to queries without tables that it distributes. What they do is the same.
-- Rows of counts are still locked in the order of their key, so that two writers cannot deadlock here.
CREATE OR REPLACE FUNCTION count_inserted_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

CREATE OR REPLACE FUNCTION count_deleted_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

CREATE OR REPLACE FUNCTION count_updated_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

CREATE OR REPLACE FUNCTION guard_new_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

CREATE OR REPLACE FUNCTION guard_new_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

CREATE OR REPLACE FUNCTION guard_new_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

-- Down Migration
-- The functions stay: those before them did the same.
