-- Up Migration
-- Gives every existing order its item, its history and its total. Takes minutes for millions of orders; meanwhile orders
-- can be read and placed, because only rows are locked.
SELECT count(insert_item_and_events(orders)) FROM orders WHERE total_amount IS NULL;

-- Rows with impossible times could not be changed under the constraints that forbid these, and stay as they are.
DO $$
DECLARE
  has_impossible_times CONSTANT boolean := EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = 'orders'::regclass AND conname IN ('orders_created_at_check', 'orders_updated_at_check')
      AND NOT convalidated
  );
BEGIN
  IF has_impossible_times THEN
    ALTER TABLE orders DROP CONSTRAINT orders_created_at_check, DROP CONSTRAINT orders_updated_at_check;
  END IF;

  UPDATE orders
  SET
    total_amount = quantity::bigint * unit_amount,
    refunded_amount = CASE status WHEN 'refunded' THEN quantity::bigint * unit_amount ELSE 0 END,
    version = CASE status WHEN 'pending' THEN 1 ELSE 2 END
  WHERE total_amount IS NULL;

  IF has_impossible_times THEN
    ALTER TABLE orders
      ADD CONSTRAINT orders_created_at_check
        CHECK (created_at >= '0001-01-01 00:00:00+00' AND created_at < '10000-01-01 00:00:00+00') NOT VALID,
      ADD CONSTRAINT orders_updated_at_check
        CHECK (updated_at >= '0001-01-01 00:00:00+00' AND updated_at < '10000-01-01 00:00:00+00') NOT VALID;
  END IF;
END
$$;

-- Down Migration
-- Nothing to take back: the migration before this one drops what was filled.
