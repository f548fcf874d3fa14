-- Up Migration
-- Serves GET /orders from the index alone: one user's orders, newest first; id breaks ties so that no row repeats or is
-- skipped. The price: a change of status is no longer an update in place (HOT).
CREATE INDEX orders_list_idx ON orders (user_id, created_at DESC, id DESC)
  INCLUDE (product_id, product_name, quantity, unit_amount, currency, status, updated_at);
DROP INDEX orders_user_id_created_at_idx;

-- Serves GET /orders?status=…: without it, a page of a rare status would read through all of a user's orders.
CREATE INDEX orders_list_of_status_idx ON orders (user_id, status, created_at DESC, id DESC);

-- Down Migration
CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at DESC, id DESC);
DROP INDEX orders_list_idx;
DROP INDEX orders_list_of_status_idx;
