-- Up Migration
CREATE TABLE products (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 5000),
  unit_amount integer NOT NULL CHECK (unit_amount >= 0),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Serves GET /products: newest first; id breaks ties so that no row repeats or is skipped.
CREATE INDEX products_created_at_idx ON products (created_at DESC, id DESC);

-- Down Migration
DROP TABLE products;
