-- Up Migration
-- Orders can be read meanwhile; placing waits, for some seconds for a million orders.

-- Serves GET /orders from the index alone, in place of orders_list_idx, which the next migration drops.
CREATE INDEX orders_list_of_totals_idx ON orders (user_id, created_at DESC, id DESC)
  INCLUDE (
    product_id, product_name, item_count, total_amount, refunded_amount, currency, status, version, updated_at
  );

-- There are no nulls in these columns. Where nulls would be only keeps an index out of the plans for lists that are not
-- its own, because each list asks for the order of one index. PostgreSQL could otherwise prefer an index that reads
-- through all of a user's orders to show those in one status, or through all users' orders to show one user's.

-- Serves GET /orders?status=…, in place of orders_list_of_status_idx, which the next migration drops.
CREATE INDEX orders_list_of_one_status_idx ON orders (user_id, status, created_at DESC NULLS LAST, id DESC);

-- Serves GET /admin/orders, and the orders placed by day in GET /admin/stats from the index alone.
CREATE INDEX orders_placed_idx ON orders (created_at DESC NULLS LAST, id DESC NULLS LAST)
  INCLUDE (currency, total_amount);

-- Serves GET /admin/orders?status=….
CREATE INDEX orders_status_idx ON orders (status, created_at DESC NULLS LAST, id DESC NULLS LAST);

-- Serves GET /admin/orders?number=…: the first characters of a number are a range of integers. Not unique: two orders
-- with the same number are both found, whereas a unique index would make placing the second one fail.
CREATE INDEX orders_number_idx ON orders (order_number_value(id));

-- Serves GET /admin/orders?trackingNumber=…, also for a number that many orders have, such as "none".
CREATE INDEX orders_tracking_number_idx ON orders (tracking_number, created_at DESC NULLS LAST, id DESC)
  WHERE tracking_number IS NOT NULL;

-- Serves GET /admin/orders?latePayment=true.
CREATE INDEX orders_late_payment_idx ON orders (created_at DESC NULLS LAST, id DESC NULLS LAST) WHERE late_payment;

ALTER TABLE orders
  VALIDATE CONSTRAINT orders_item_count_check,
  VALIDATE CONSTRAINT orders_total_amount_check,
  VALIDATE CONSTRAINT orders_refunded_amount_check;

-- Down Migration
DROP INDEX orders_list_of_totals_idx;
DROP INDEX orders_list_of_one_status_idx;
DROP INDEX orders_placed_idx;
DROP INDEX orders_status_idx;
DROP INDEX orders_number_idx;
DROP INDEX orders_tracking_number_idx;
DROP INDEX orders_late_payment_idx;
