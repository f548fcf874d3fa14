import {
  histories,
  itemStride,
  itemsOfFive,
  newest,
  ordersOfHeavyUser,
  productCount,
  spanMicroseconds,
  statusOfTwenty,
  strides,
  unitAmountOf,
  users,
  uuid,
} from './data-set.ts'

/** The formulas of data-set.ts in SQL. */

const sqlUuid = (number: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`

const textArray = (texts: string[]) => `'{${texts.join()}}'::text[]`

/** Of the order u, o: the item at this position, from 0. */
const productOf = (item: string) => `1 + (u + o + ${item} * ${itemStride}) % ${productCount}`
const quantityOf = (item: string) => `1 + (o + ${item}) % 3`

const unitAmount = (product: string) =>
  `${unitAmountOf(0)} + (${product}) * ${unitAmountOf(1) - unitAmountOf(0)}`

export const insertUsers = `
  INSERT INTO users (id, email, password_hash, name)
  SELECT ${sqlUuid('n')}, 'user-' || n || '@example.com', '$argon2id$none', 'User ' || n
  FROM generate_series(1, ${users.shoppers.to}) AS n`

export const insertProducts = `
  INSERT INTO products (id, name, unit_amount, currency)
  SELECT ${sqlUuid('n')}, 'Hand coffee grinder no. ' || n, ${unitAmount('n')}, 'EUR'
  FROM generate_series(1, ${productCount}) AS n`

/** Ordered by time, as in production, so that the rows of one user lie far apart. */
const createPlaced = `
  CREATE TEMP TABLE placed ON COMMIT DROP AS
  SELECT u, o, ${sqlUuid('u * 1000000 + o')} AS id, ${sqlUuid('u')} AS user_id, status, history.types, item_count,
    timestamptz '${newest}' - interval '1 microsecond' *
      (((o - (o % 10 = 0)::int) * ${strides.order} + u * ${strides.user}) % ${spanMicroseconds}) AS created_at,
    (1 + o % 24) * interval '1 hour' AS pause,
    (
      SELECT sum((${quantityOf('item')}) * (${unitAmount(productOf('item'))}))
      FROM generate_series(0, item_count - 1) AS item
    ) AS total_amount
  FROM generate_series(1, ${users.heavy.to}::bigint) AS u
  CROSS JOIN generate_series(1, CASE WHEN u <= ${users.typical.to} THEN 20 + u * 37 % 81 ELSE ${ordersOfHeavyUser} END) AS o
  CROSS JOIN LATERAL (
    SELECT (${textArray(statusOfTwenty)})[1 + (o * 7 + u) % 20] AS status, ('{${itemsOfFive.join()}}'::int[])[1 + o % 5] AS item_count
  ) AS chosen
  JOIN (
    VALUES ${Object.entries(histories)
      .map(([status, types]) => `('${status}', ${textArray(types)})`)
      .join()}
  ) AS history (status, types) USING (status)
  ORDER BY created_at`

const insertOrders = `
  INSERT INTO orders
    (id, user_id, product_id, product_name, item_count, total_amount, refunded_amount, currency, status, version,
      payment_reference, carrier, tracking_number, created_at, updated_at)
  SELECT placed.id, user_id, product.id, product.name, item_count, total_amount,
    CASE status WHEN 'refunded' THEN total_amount ELSE 0 END, product.currency, status, cardinality(types),
    CASE WHEN 'paid' = ANY (types) THEN 'payment-' || u || '-' || o END,
    CASE WHEN 'shipped' = ANY (types) THEN 'DHL' END,
    CASE WHEN 'shipped' = ANY (types) THEN 'parcel-' || u || '-' || o END,
    placed.created_at, placed.created_at + (cardinality(types) - 1) * pause
  FROM placed JOIN products AS product ON product.id = ${sqlUuid(productOf('0'))}`

const insertItems = `
  INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
  SELECT user_id, placed.id, item + 1, product.id, product.name, ${quantityOf('item')}, product.unit_amount, placed.created_at
  FROM placed
  CROSS JOIN generate_series(0, item_count - 1) AS item
  JOIN products AS product ON product.id = ${sqlUuid(productOf('item'))}`

/** Customers place and cancel; the rest is done by an operator. */
const insertEvents = `
  INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency, data)
  SELECT ${sqlUuid('(u * 1000000 + o) * 8 + event.version')}, user_id, placed.id, event.version, event.type,
    CASE event.type WHEN 'placed' THEN 'pending' ELSE event.type END,
    CASE WHEN event.type IN ('placed', 'cancelled') THEN jsonb_build_object('id', user_id, 'role', 'customer')
      ELSE '{"id": "${uuid(users.heavy.from)}", "role": "admin"}' END,
    created_at + (event.version - 1) * pause,
    CASE WHEN event.type IN ('paid', 'refunded') THEN total_amount END,
    CASE WHEN event.type IN ('paid', 'refunded') THEN 'EUR' END,
    CASE event.type
      WHEN 'paid' THEN jsonb_build_object('reference', 'payment-' || u || '-' || o)
      WHEN 'shipped' THEN jsonb_build_object('carrier', 'DHL', 'trackingNumber', 'parcel-' || u || '-' || o)
      WHEN 'refunded' THEN '{"reason": "returned"}'
      ELSE '{}' END
  FROM placed CROSS JOIN unnest(types) WITH ORDINALITY AS event (type, version)`

/** In this order, and in one transaction. */
export const insertPlaced = [createPlaced, insertOrders, insertItems, insertEvents]
