-- Eight demo products. Inserts missing products and changes no existing ones.
-- Each is older than the demo orders for it. The yen has no minor unit: 6800 JPY are ¥6,800.
INSERT INTO products (id, name, description, unit_amount, currency, created_at, updated_at)
SELECT demo.id, demo.name, demo.description, demo.unit_amount, demo.currency, now() - demo.age, now() - demo.age
FROM (
  VALUES
    (uuid '00000000-0000-7000-8000-0000000f0001', 'Pour-over kettle',
     'Gooseneck kettle of brushed steel, 1 litre, for gas, electric and induction hobs.', 4900, 'EUR', interval '420 days'),
    (uuid '00000000-0000-7000-8000-0000000f0002', 'Hand coffee grinder',
     'Conical steel burrs, 30 settings from espresso to French press. Holds 25 g.', 8950, 'EUR', interval '410 days'),
    (uuid '00000000-0000-7000-8000-0000000f0003', 'Stoneware mug',
     'Hand-thrown mug, 350 ml, speckled white glaze. Dishwasher-safe; no two are alike.', 1850, 'EUR', interval '400 days'),
    (uuid '00000000-0000-7000-8000-0000000f0004', 'House blend, 1 kg',
     'Whole beans from Huehuetenango and Sidama, medium roast: chocolate, hazelnut, orange.', 2690, 'EUR', interval '390 days'),
    (uuid '00000000-0000-7000-8000-0000000f0005', 'Paper filters, pack of 100',
     'Oxygen-bleached cone filters, size 2.', 595, 'EUR', interval '380 days'),
    (uuid '00000000-0000-7000-8000-0000000f0006', 'Kitchen scale with timer',
     'Weighs up to 2 kg in steps of 0.1 g and times the brew. Charges by USB-C.', 3490, 'EUR', interval '240 days'),
    (uuid '00000000-0000-7000-8000-0000000f0007', 'Brewing at Home (paperback)',
     'Recipes and the reasons behind them, 224 pages, in English. Shipped from Portland, Oregon.', 2195, 'USD', interval '200 days'),
    (uuid '00000000-0000-7000-8000-0000000f0008', 'Glass coffee server',
     'Heat-resistant glass, 600 ml, blown by hand. Shipped from Osaka.', 6800, 'JPY', interval '120 days')
) AS demo (id, name, description, unit_amount, currency, age)
ON CONFLICT DO NOTHING;
