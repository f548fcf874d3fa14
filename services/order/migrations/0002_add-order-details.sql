-- Up Migration
-- What was bought, and for how much, as it was when the order was placed: the catalogue goes on changing.
-- version counts the changes of an order, so that two writers can tell that they met.
ALTER TABLE orders
  ADD COLUMN product_name text,
  ADD COLUMN unit_amount integer,
  ADD COLUMN currency char(3),
  ADD COLUMN quantity integer NOT NULL DEFAULT 1,
  ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Of the orders that are there nobody wrote down what they cost; the catalogue is the best that is known.
UPDATE orders
SET product_name = products.name, unit_amount = products.unit_amount, currency = products.currency
FROM products
WHERE products.id = orders.product_id;

ALTER TABLE orders
  ALTER COLUMN product_name SET NOT NULL,
  ALTER COLUMN unit_amount SET NOT NULL,
  ALTER COLUMN currency SET NOT NULL,
  ADD CONSTRAINT orders_unit_amount_check CHECK (unit_amount >= 0),
  ADD CONSTRAINT orders_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT orders_quantity_check CHECK (quantity BETWEEN 1 AND 999),
  ADD CONSTRAINT orders_version_check CHECK (version >= 1);

-- Down Migration
ALTER TABLE orders
  DROP COLUMN product_name,
  DROP COLUMN unit_amount,
  DROP COLUMN currency,
  DROP COLUMN quantity,
  DROP COLUMN version;
