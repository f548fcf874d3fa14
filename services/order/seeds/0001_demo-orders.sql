-- Demo orders of alice (10) and bob (7), in every status, spread over the past year. carol and admin have no
-- orders. Inserts missing orders and changes no existing ones; an order whose user or product is gone is left
-- out.
INSERT INTO orders
  (id, user_id, product_id, product_name, unit_amount, currency, quantity, status, created_at, updated_at)
SELECT
  demo.id, demo.user_id, demo.product_id, products.name, products.unit_amount, products.currency, demo.quantity,
  demo.status, now() - demo.age, now() - demo.age + demo.settled_after
FROM (
  VALUES
    -- alice
    (uuid '00000000-0000-7000-8000-0000000e0001', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0001', 1, 'delivered', interval '350 days', interval '4 days'),
    (uuid '00000000-0000-7000-8000-0000000e0002', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0004', 2, 'delivered', interval '290 days', interval '6 days'),
    (uuid '00000000-0000-7000-8000-0000000e0003', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0002', 1, 'refunded',  interval '241 days', interval '19 days'),
    (uuid '00000000-0000-7000-8000-0000000e0004', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0006', 1, 'cancelled', interval '180 days', interval '1 hour'),
    -- one basket: three orders with the same created_at
    (uuid '00000000-0000-7000-8000-0000000e0005', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0003', 4, 'delivered', interval '92 days',  interval '3 days'),
    (uuid '00000000-0000-7000-8000-0000000e0006', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0005', 3, 'delivered', interval '92 days',  interval '3 days'),
    (uuid '00000000-0000-7000-8000-0000000e0007', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0008', 1, 'delivered', interval '92 days',  interval '5 days'),
    (uuid '00000000-0000-7000-8000-0000000e0008', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0007', 1, 'shipped',   interval '6 days',   interval '2 days'),
    (uuid '00000000-0000-7000-8000-0000000e0009', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0001', 1, 'paid',      interval '2 days',   interval '5 minutes'),
    (uuid '00000000-0000-7000-8000-0000000e000a', uuid '00000000-0000-7000-8000-0000000000a1', uuid '00000000-0000-7000-8000-0000000f0002', 1, 'pending',   interval '3 hours',  interval '0'),
    -- bob
    (uuid '00000000-0000-7000-8000-0000000e0011', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0005', 5, 'delivered', interval '330 days', interval '4 days'),
    (uuid '00000000-0000-7000-8000-0000000e0012', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0007', 1, 'delivered', interval '150 days', interval '7 days'),
    (uuid '00000000-0000-7000-8000-0000000e0013', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0007', 1, 'refunded',  interval '150 days', interval '30 days'),
    (uuid '00000000-0000-7000-8000-0000000e0014', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0003', 2, 'cancelled', interval '60 days',  interval '1 day'),
    (uuid '00000000-0000-7000-8000-0000000e0015', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0006', 1, 'shipped',   interval '4 days',   interval '1 day'),
    (uuid '00000000-0000-7000-8000-0000000e0016', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0008', 1, 'paid',      interval '1 day',    interval '2 minutes'),
    (uuid '00000000-0000-7000-8000-0000000e0017', uuid '00000000-0000-7000-8000-0000000000b0', uuid '00000000-0000-7000-8000-0000000f0004', 2, 'pending',   interval '20 minutes', interval '0')
) AS demo (id, user_id, product_id, quantity, status, age, settled_after)
JOIN products ON products.id = demo.product_id
WHERE EXISTS (SELECT FROM users WHERE users.id = demo.user_id)
ON CONFLICT DO NOTHING;
