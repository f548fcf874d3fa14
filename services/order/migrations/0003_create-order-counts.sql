-- Up Migration
-- How many orders a user has in each status, so that the count in a list costs the same for ten orders and for a million.
-- Kept by triggers, in the transaction of the change itself: whoever writes orders, and however, cannot forget it.
CREATE TABLE order_counts (
  user_id uuid NOT NULL,
  status text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (user_id, status)
) WITH (fillfactor = 70); -- every change is an update in place (HOT) as long as its page has room

-- As the owner: the services' roles may read the counts, not set them.
-- Rows are locked in the order of the key, whatever the statement touches, so that two writers cannot deadlock here.
CREATE FUNCTION count_inserted_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO public.order_counts AS counts (user_id, status, count)
  SELECT user_id, status, count(*) FROM inserted GROUP BY user_id, status ORDER BY user_id, status
  ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  RETURN NULL;
END
$$;

CREATE FUNCTION count_deleted_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO public.order_counts AS counts (user_id, status, count)
  SELECT user_id, status, -count(*) FROM deleted GROUP BY user_id, status ORDER BY user_id, status
  ON CONFLICT (user_id, status) DO UPDATE SET count = counts.count + excluded.count;
  RETURN NULL;
END
$$;

CREATE FUNCTION count_updated_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;

CREATE FUNCTION count_truncated_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.order_counts;
  RETURN NULL;
END
$$;

-- Creating a trigger locks the table against writers until the end of the transaction, so no order slips in between.
CREATE TRIGGER count_inserted_orders AFTER INSERT ON orders
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_orders();
CREATE TRIGGER count_deleted_orders AFTER DELETE ON orders
  REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_orders();
CREATE TRIGGER count_updated_orders AFTER UPDATE ON orders
  REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION count_updated_orders();
CREATE TRIGGER count_truncated_orders AFTER TRUNCATE ON orders
  FOR EACH STATEMENT EXECUTE FUNCTION count_truncated_orders();

INSERT INTO order_counts (user_id, status, count)
SELECT user_id, status, count(*) FROM orders GROUP BY user_id, status;

-- Down Migration
DROP TRIGGER count_inserted_orders ON orders;
DROP TRIGGER count_deleted_orders ON orders;
DROP TRIGGER count_updated_orders ON orders;
DROP TRIGGER count_truncated_orders ON orders;
DROP FUNCTION count_inserted_orders();
DROP FUNCTION count_deleted_orders();
DROP FUNCTION count_updated_orders();
DROP FUNCTION count_truncated_orders();
DROP TABLE order_counts;
