import { createHash } from 'node:crypto'
import type { Database, Queryable } from '@shop/service/database/database'
import {
  newest,
  ordersOfHeavyUser,
  productCount,
  spanMicroseconds,
  statusOfTwenty,
  strides,
  totalOrders,
  users,
  uuid,
} from './data-set.ts'

type Log = (line: string) => void

const sqlUuid = (number: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`

const insertUsers = `
  INSERT INTO users (id, email, password_hash, name)
  SELECT ${sqlUuid('n')}, 'user-' || n || '@example.com', '$argon2id$none', 'User ' || n
  FROM generate_series(1, ${users.shoppers.to}) AS n`

const insertProducts = `
  INSERT INTO products (id, name, unit_amount, currency)
  SELECT ${sqlUuid('n')}, 'Hand coffee grinder no. ' || n, 100 + n * 7, 'EUR'
  FROM generate_series(1, ${productCount}) AS n`

/** Ordered by time, as in production, so that the rows of one user lie far apart. */
const insertOrders = `
  INSERT INTO orders
    (id, user_id, product_id, product_name, quantity, unit_amount, currency, status, created_at, updated_at)
  SELECT ${sqlUuid('u * 1000000 + o')}, ${sqlUuid('u')}, product.id, product.name, 1 + o % 3, product.unit_amount, product.currency,
    ('{${statusOfTwenty.join()}}'::text[])[1 + (o * 7 + u) % 20], placed.at, placed.at + o % 72 * interval '1 hour'
  FROM generate_series(1, ${users.heavy.to}::bigint) AS u
  CROSS JOIN generate_series(1, CASE WHEN u <= ${users.typical.to} THEN 20 + u * 37 % 81 ELSE ${ordersOfHeavyUser} END) AS o
  JOIN (SELECT row_number() OVER (ORDER BY id) AS n, * FROM products) AS product ON product.n = 1 + (u + o) % ${productCount}
  CROSS JOIN LATERAL (
    SELECT timestamptz '${newest}' - interval '1 microsecond' *
      (((o - (o % 10 = 0)::int) * ${strides.order} + u * ${strides.user}) % ${spanMicroseconds}) AS at
  ) AS placed
  ORDER BY placed.at`

const countOrders = 'SELECT user_id, status, count(*) FROM orders GROUP BY user_id, status'

/** Changes with the statements, so that a data set built by others is rebuilt. */
const version = createHash('sha256')
  .update([insertUsers, insertProducts, insertOrders, countOrders].join())
  .digest('hex')

/** Builds the data set in a migrated database unless it is already there. Returns whether it was built. */
export async function buildDataSet(db: Database, log: Log): Promise<boolean> {
  await db.query({ text: 'CREATE SCHEMA IF NOT EXISTS bench' })
  await db.query({ text: 'CREATE TABLE IF NOT EXISTS bench.data_set (version text NOT NULL)' })
  const [built] = await db.query<{ version: string }>({ text: 'SELECT version FROM bench.data_set' })
  if (built?.version === version) return false

  // in one transaction, so that an interrupted build leaves nothing
  await db.transaction(async (tx) => {
    await tx.query({
      text: 'TRUNCATE bench.data_set, sessions, users, products, orders, order_counts, idempotency_keys',
    })
    // no triggers, no checks of foreign keys: the counts are filled in below
    await tx.query({ text: 'SET LOCAL session_replication_role = replica' })
    await tx.query({ text: "SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL work_mem = '256MB'" })
    const step = steps(tx, log)
    await step('users and products', [insertUsers, insertProducts])
    const indexes = await listIndexes(tx)
    await step(`${totalOrders().toLocaleString('en')} orders`, [
      ...indexes.map(({ name }) => `DROP INDEX ${name}`),
      insertOrders,
    ])
    await step(
      'indexes',
      indexes.map(({ definition }) => definition),
    )
    await step('counts', [`INSERT INTO order_counts (user_id, status, count) ${countOrders}`])
    await tx.query({ text: 'INSERT INTO bench.data_set VALUES ($1)', values: [version] })
  })
  return true
}

/**
 * Does what happens by itself in production over time: visibility map, statistics, and no pending checkpoint.
 */
export async function settle(db: Database): Promise<void> {
  await db.query({ text: 'VACUUM ANALYZE users, products, orders, order_counts, idempotency_keys' })
  await db.query({ text: 'CHECKPOINT' })
}

/** Throws unless the number of orders is as expected, and the stored counts match the orders. */
export async function checkCounts(db: Queryable): Promise<void> {
  const [found] = await db.query<{ total: number; wrong: number }>({
    text: `
      SELECT (SELECT count(*) FROM orders WHERE id <= $1)::int AS total, count(*)::int AS wrong
      FROM (${countOrders}) AS actual
      FULL JOIN order_counts AS kept USING (user_id, status)
      WHERE coalesce(actual.count, 0) <> coalesce(kept.count, 0)`,
    values: [lastId],
  })
  if (found?.total !== totalOrders())
    throw new Error(`the data set has ${found?.total} orders instead of ${totalOrders()}`)
  if (found.wrong > 0) throw new Error(`${found.wrong} rows of order_counts do not match the orders`)
}

/** Ids that the service creates are greater. */
const lastId = uuid(0xffff_ffff_ffff)

/** Returns the orders that the benchmark placed. */
export function listPlacedOrders(db: Queryable): Promise<{ id: string }[]> {
  return db.query({ text: 'SELECT id FROM orders WHERE id > $1', values: [lastId] })
}

/** Removes the orders that the benchmark placed. Returns their number. */
export async function removePlacedOrders(db: Database): Promise<number> {
  await db.query({ text: 'DELETE FROM idempotency_keys' })
  const removed = await db.query({ text: 'DELETE FROM orders WHERE id > $1 RETURNING id', values: [lastId] })
  return removed.length
}

function steps(tx: Queryable, log: Log) {
  return async (title: string, statements: string[]) => {
    const start = performance.now()
    for (const text of statements) await tx.query({ text })
    log(`  ${title.padEnd(24)} ${((performance.now() - start) / 1000).toFixed(1)} s`)
  }
}

/** Returns the indexes that are created after the rows, which is faster; the primary key stays. */
function listIndexes(tx: Queryable): Promise<{ name: string; definition: string }[]> {
  return tx.query({
    text: `
      SELECT indexname AS name, indexdef AS definition FROM pg_indexes
      WHERE schemaname = 'public' AND tablename = 'orders'
        AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = 'orders'::regclass)`,
  })
}
