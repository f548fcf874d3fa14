-- Up Migration
-- PostgreSQL can hold times that RFC 3339 cannot express: infinity, BC, years beyond 9999. NOT VALID, because checking the
-- existing rows here would lock the table against reads; the next migration checks them under a lighter lock.
ALTER TABLE products
  ADD CONSTRAINT products_created_at_check
    CHECK (created_at >= '0001-01-01 00:00:00+00' AND created_at < '10000-01-01 00:00:00+00') NOT VALID,
  ADD CONSTRAINT products_updated_at_check
    CHECK (updated_at >= '0001-01-01 00:00:00+00' AND updated_at < '10000-01-01 00:00:00+00') NOT VALID;

-- Down Migration
ALTER TABLE products
  DROP CONSTRAINT products_created_at_check,
  DROP CONSTRAINT products_updated_at_check;
