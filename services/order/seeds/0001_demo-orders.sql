-- Demo orders of alice (10) and bob (7), in every status and with all that led to it, spread over the past year. carol and
-- admin have no orders. Inserts missing orders and changes no existing ones; an order whose user or one of whose products
-- is gone is left out. One statement, because an order cannot be stored without its items and its history.
WITH addresses (name, shipping_address) AS (
  VALUES
    ('alice', '{"name": "Alice Example", "line1": "1 Example Street", "city": "Exampletown", "postalCode": "12345", "country": "DE"}'::jsonb),
    ('bob', '{"name": "Bob Example", "line1": "22 Sample Road", "line2": "Flat 3", "city": "Sampleford", "region": "Kent", "postalCode": "ZZ99 9ZZ", "country": "GB"}'),
    ('bob''s office', '{"name": "Bob Example", "line1": "c/o Example Ltd", "city": "Sampleford", "postalCode": "ZZ98 8ZZ", "country": "GB"}')
), demo_orders (code, user_code, age, address, metadata) AS (
  -- a code is the end of an id
  VALUES
    -- alice
    ('e0001', 'a1', '350 days', 'alice', NULL::jsonb),
    ('e0002', 'a1', '290 days', 'alice', NULL),
    ('e0003', 'a1', '241 days', NULL, NULL),
    ('e0004', 'a1', '180 days', NULL, NULL),
    -- one basket: three orders with the same created_at
    ('e0005', 'a1', '92 days', 'alice', NULL),
    ('e0006', 'a1', '92 days', 'alice', NULL),
    ('e0007', 'a1', '92 days', 'alice', NULL),
    ('e0008', 'a1', '6 days', 'alice', '{"campaign": "autumn"}'),
    ('e0009', 'a1', '2 days', 'alice', '{"gift": "yes", "message": "Happy birthday!"}'),
    ('e000a', 'a1', '3 hours', 'alice', NULL),
    -- bob
    ('e0011', 'b0', '330 days', NULL, NULL),
    ('e0012', 'b0', '150 days', 'bob', NULL),
    ('e0013', 'b0', '150 days', 'bob', NULL),
    ('e0014', 'b0', '60 days', 'bob', NULL),
    ('e0015', 'b0', '4 days', 'bob', NULL),
    ('e0016', 'b0', '1 day', 'bob''s office', '{"purchaseOrder": "EX-2041"}'),
    ('e0017', 'b0', '20 minutes', 'bob', NULL)
), demo_items (code, position, product_code, quantity) AS (
  VALUES
    ('e0001', 1, 'f0001', 1),
    ('e0002', 1, 'f0004', 2),
    ('e0002', 2, 'f0005', 2),
    ('e0002', 3, 'f0003', 1),
    ('e0003', 1, 'f0002', 1),
    ('e0003', 2, 'f0005', 1),
    ('e0004', 1, 'f0006', 1),
    ('e0005', 1, 'f0003', 4),
    ('e0005', 2, 'f0004', 1),
    ('e0006', 1, 'f0005', 3),
    ('e0007', 1, 'f0008', 1),
    ('e0008', 1, 'f0007', 1),
    ('e0009', 1, 'f0001', 1),
    ('e0009', 2, 'f0004', 1),
    ('e0009', 3, 'f0005', 1),
    ('e000a', 1, 'f0002', 1),
    ('e0011', 1, 'f0005', 5),
    ('e0012', 1, 'f0007', 1),
    ('e0013', 1, 'f0007', 1),
    ('e0014', 1, 'f0003', 2),
    ('e0015', 1, 'f0006', 1),
    ('e0015', 2, 'f0002', 1),
    ('e0016', 1, 'f0008', 1),
    ('e0017', 1, 'f0004', 2),
    ('e0017', 2, 'f0001', 1)
), demo_events (code, type, status, after, by_owner, refunded_item, data) AS (
  -- after it was placed; refunded_item: one piece of the item at this position is refunded, or else all that is left
  VALUES
    ('e0001', 'paid', 'paid', '5 minutes', false, NULL::integer, '{"reference": "demo-payment-1001"}'::jsonb),
    ('e0001', 'shipped', 'shipped', '1 day', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1001"}'),
    ('e0001', 'delivered', 'delivered', '4 days', false, NULL, '{}'),
    ('e0002', 'paid', 'paid', '2 minutes', false, NULL, '{"reference": "demo-payment-1002"}'),
    ('e0002', 'shipped', 'shipped', '2 days', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1002"}'),
    ('e0002', 'noted', 'shipped', '5 days', false, NULL, '{"note": "Customer called: leave it with the neighbour at number 3."}'),
    ('e0002', 'delivered', 'delivered', '6 days', false, NULL, '{}'),
    ('e0003', 'paid', 'paid', '3 minutes', false, NULL, '{"reference": "demo-payment-1003"}'),
    ('e0003', 'shipped', 'shipped', '1 day', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1003"}'),
    ('e0003', 'delivered', 'delivered', '3 days', false, NULL, '{}'),
    ('e0003', 'refunded', 'delivered', '12 days', false, 2, '{"reason": "Wrong size of filters"}'),
    ('e0003', 'refunded', 'refunded', '19 days', false, NULL, '{"reason": "Returned"}'),
    ('e0004', 'cancelled', 'cancelled', '1 hour', true, NULL, '{"reason": "Ordered by mistake"}'),
    ('e0005', 'paid', 'paid', '1 minute', false, NULL, '{"reference": "demo-payment-1005"}'),
    ('e0005', 'shipped', 'shipped', '1 day', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1005"}'),
    ('e0005', 'delivered', 'delivered', '3 days', false, NULL, '{}'),
    ('e0005', 'refunded', 'delivered', '5 days', false, 1, '{"reason": "One mug arrived broken"}'),
    ('e0006', 'paid', 'paid', '1 minute', false, NULL, '{"reference": "demo-payment-1006"}'),
    ('e0006', 'shipped', 'shipped', '1 day', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1006"}'),
    ('e0006', 'delivered', 'delivered', '3 days', false, NULL, '{}'),
    ('e0007', 'paid', 'paid', '1 minute', false, NULL, '{"reference": "demo-payment-1007"}'),
    ('e0007', 'shipped', 'shipped', '2 days', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1007"}'),
    ('e0007', 'delivered', 'delivered', '5 days', false, NULL, '{}'),
    ('e0008', 'paid', 'paid', '9 minutes', false, NULL, '{"reference": "demo-payment-1008"}'),
    ('e0008', 'shipped', 'shipped', '2 days', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1008"}'),
    ('e0008', 'tracked', 'shipped', '2 days 3 hours', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1080", "trackingUrl": "https://parcels.example.com/PP1080"}'),
    ('e0009', 'paid', 'paid', '5 minutes', false, NULL, '{"reference": "demo-payment-1009"}'),
    ('e0011', 'paid', 'paid', '1 hour', false, NULL, '{"reference": "demo-payment-1011"}'),
    ('e0011', 'shipped', 'shipped', '1 day', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1011"}'),
    ('e0011', 'delivered', 'delivered', '4 days', false, NULL, '{}'),
    ('e0012', 'paid', 'paid', '1 minute', false, NULL, '{"reference": "demo-payment-1012"}'),
    ('e0012', 'shipped', 'shipped', '2 days', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1012"}'),
    ('e0012', 'delivered', 'delivered', '7 days', false, NULL, '{}'),
    ('e0013', 'paid', 'paid', '1 minute', false, NULL, '{"reference": "demo-payment-1013"}'),
    ('e0013', 'shipped', 'shipped', '2 days', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1013"}'),
    ('e0013', 'delivered', 'delivered', '7 days', false, NULL, '{}'),
    ('e0013', 'refunded', 'refunded', '30 days', false, NULL, '{"reason": "Returned unread"}'),
    ('e0014', 'cancelled', 'cancelled', '1 day', false, NULL, '{"reason": "Not paid within a day"}'),
    ('e0014', 'paid_late', 'cancelled', '3 days', false, NULL, '{"reference": "demo-payment-1014"}'),
    ('e0015', 'paid', 'paid', '30 minutes', false, NULL, '{"reference": "demo-payment-1015"}'),
    ('e0015', 'shipped', 'shipped', '1 day', false, NULL, '{"carrier": "Parcel Post", "trackingNumber": "PP1015"}'),
    ('e0015', 'delivered', 'delivered', '2 days', false, NULL, '{}'),
    ('e0015', 'reverted', 'shipped', '2 days 20 minutes', false, NULL, '{"reason": "Wrong order"}'),
    ('e0016', 'paid', 'paid', '2 minutes', false, NULL, '{"reference": "demo-payment-1016"}'),
    ('e0016', 'readdressed', 'paid', '3 hours', false, NULL, '{"shippingAddress": {"name": "Bob Example", "line1": "c/o Example Ltd", "city": "Sampleford", "postalCode": "ZZ98 8ZZ", "country": "GB"}}')
), missing AS (
  SELECT code, ('00000000-0000-7000-8000-' || lpad(code, 12, '0'))::uuid AS id, ('00000000-0000-7000-8000-' || lpad(user_code, 12, '0'))::uuid AS user_id, now() - age::interval AS created_at, shipping_address, metadata
  FROM demo_orders LEFT JOIN addresses ON addresses.name = address
  WHERE EXISTS (SELECT FROM users WHERE users.id = ('00000000-0000-7000-8000-' || lpad(user_code, 12, '0'))::uuid)
    AND NOT EXISTS (SELECT FROM orders WHERE orders.id = ('00000000-0000-7000-8000-' || lpad(code, 12, '0'))::uuid)
    -- all its products are there, and still in one currency
    AND (
      SELECT count(*) = count(products.id) AND count(DISTINCT currency) = 1
      FROM demo_items LEFT JOIN products ON products.id = ('00000000-0000-7000-8000-' || lpad(product_code, 12, '0'))::uuid
      WHERE demo_items.code = demo_orders.code
    )
), items AS (
  SELECT code, position, products.id AS product_id, products.name AS product_name, quantity, unit_amount, currency
  FROM missing JOIN demo_items USING (code) JOIN products ON products.id = ('00000000-0000-7000-8000-' || lpad(product_code, 12, '0'))::uuid
), totals AS (
  SELECT code, count(*) AS item_count, sum(quantity::bigint * unit_amount)::bigint AS total_amount, min(currency) AS currency
  FROM items GROUP BY code
), moves AS (
  SELECT code, 'placed' AS type, 'pending' AS status, '0' AS after, true AS by_owner, NULL AS refunded_item, '{}' AS data
  FROM demo_orders
  UNION ALL
  SELECT * FROM demo_events
), timed AS (
  SELECT
    moves.*, created_at + after::interval AS at, total_amount, currency,
    row_number() OVER (PARTITION BY code ORDER BY after::interval)::integer AS version,
    (SELECT unit_amount FROM items WHERE items.code = moves.code AND position = refunded_item) AS part
  FROM moves JOIN missing USING (code) JOIN totals USING (code)
), events AS (
  SELECT
    *,
    CASE
      WHEN type IN ('paid', 'paid_late') THEN total_amount
      WHEN type = 'refunded' THEN coalesce(part, total_amount - coalesce(sum(part) OVER (PARTITION BY code), 0))
    END AS amount
  FROM timed
), outcomes AS (
  SELECT
    code, max(version) AS version, max(at) AS updated_at,
    (array_agg(status ORDER BY version DESC))[1] AS status,
    coalesce(sum(amount) FILTER (WHERE type = 'refunded'), 0) AS refunded_amount,
    bool_or(type = 'paid_late') AS late_payment,
    max(data->>'reference') AS payment_reference,
    (array_agg(data ORDER BY version DESC) FILTER (WHERE type IN ('shipped', 'tracked')))[1] AS shipment
  FROM events GROUP BY code
), inserted_items AS (
  INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
  SELECT user_id, id, position, product_id, product_name, quantity, unit_amount, created_at
  FROM items JOIN missing USING (code)
), inserted_events AS (
  INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency, data)
  SELECT
    uuid_v7(at), user_id, id, version, type, status,
    CASE
      WHEN by_owner THEN jsonb_build_object('id', user_id, 'role', 'customer')
      ELSE jsonb_build_object('id', ('00000000-0000-7000-8000-' || lpad('ad', 12, '0'))::uuid, 'role', 'admin')
    END,
    at, amount, CASE WHEN amount IS NOT NULL THEN currency END, data
  FROM events JOIN missing USING (code)
)
-- last, so that the orders are what the command counts
INSERT INTO orders (
  id, user_id, product_id, product_name, item_count, total_amount, refunded_amount, currency, status, version,
  created_at, updated_at, shipping_address, metadata, payment_reference, late_payment, carrier, tracking_number,
  tracking_url
)
SELECT
  id, user_id, product_id, product_name, item_count, total_amount, refunded_amount, totals.currency, status, version,
  created_at, updated_at, shipping_address, metadata, payment_reference, late_payment, shipment->>'carrier',
  shipment->>'trackingNumber', shipment->>'trackingUrl'
FROM missing
JOIN totals USING (code)
JOIN outcomes USING (code)
JOIN items USING (code)
WHERE position = 1;
