-- Up Migration
CREATE TABLE orders (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL CONSTRAINT orders_user_id_fkey REFERENCES users (id) ON DELETE RESTRICT,
  -- never CASCADE: history must survive the catalogue
  product_id uuid NOT NULL CONSTRAINT orders_product_id_fkey REFERENCES products (id) ON DELETE RESTRICT,
  status text NOT NULL DEFAULT 'pending' CONSTRAINT orders_status_check
    CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Serves GET /orders: one user's orders, newest first; id breaks ties so that no row repeats or is skipped.
CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at DESC, id DESC);

-- Serves the operators' list over all users.
CREATE INDEX orders_created_at_idx ON orders (created_at DESC);

-- Serves the foreign key: without it, deleting a product would read all orders.
CREATE INDEX orders_product_id_idx ON orders (product_id);

-- Down Migration
DROP TABLE orders;
