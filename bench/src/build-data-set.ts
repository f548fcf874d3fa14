import { createHash } from 'node:crypto'
import type { Database, Queryable } from '@shop/service/database/database'
import { checkOrders, countOrders, lastId } from './check-data-set.ts'
import { totalOrders } from './data-set.ts'
import { insertPlaced, insertProducts, insertUsers } from './insert-data-set.ts'

type Log = (line: string) => void

/** Changes with the statements, so that a data set built by others is rebuilt. */
const version = createHash('sha256')
  .update([insertUsers, insertProducts, ...insertPlaced, countOrders].join())
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
      text: `TRUNCATE bench.data_set, sessions, users, products, orders, order_items, order_events, order_counts,
        idempotency_keys, export_links, erasures`,
    })
    // no triggers, no checks of foreign keys: the counts are filled in and the orders checked below
    await tx.query({ text: 'SET LOCAL session_replication_role = replica' })
    await tx.query({ text: "SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL work_mem = '256MB'" })
    const step = steps(tx, log)
    await step('users and products', [insertUsers, insertProducts])
    const indexes = await listIndexes(tx)
    await step(`${totalOrders().toLocaleString('en')} orders`, [
      ...indexes.map(({ drop }) => drop),
      ...insertPlaced,
    ])
    await step(
      'indexes',
      indexes.map(({ create }) => create),
    )
    await step('counts', [`INSERT INTO order_counts (user_id, status, count) ${countOrders}`])
    await step('statistics', ['ANALYZE orders, order_items, order_events'])
    await step('check', [checkOrders])
    await tx.query({ text: 'INSERT INTO bench.data_set VALUES ($1)', values: [version] })
  })
  return true
}

/**
 * Does what happens by itself in production over time: visibility map, statistics, and no pending checkpoint.
 */
export async function settle(db: Database): Promise<void> {
  await db.query({
    text: `VACUUM ANALYZE users, products, ${orderTables.join()}, order_counts, idempotency_keys`,
  })
  await db.query({ text: 'CHECKPOINT' })
}

/** Removes the orders that the benchmark placed. Returns their number. */
export async function removePlacedOrders(db: Database): Promise<number> {
  await db.query({ text: 'DELETE FROM idempotency_keys' })
  const removed = await db.query({ text: 'DELETE FROM orders WHERE id > $1 RETURNING id', values: [lastId] })
  return removed.length
}

function steps(tx: Queryable, log: Log) {
  return async (title: string, work: (string | ((tx: Queryable) => Promise<void>))[]) => {
    const start = performance.now()
    for (const part of work) await (typeof part === 'string' ? tx.query({ text: part }) : part(tx))
    log(`  ${title.padEnd(24)} ${((performance.now() - start) / 1000).toFixed(1)} s`)
  }
}

const orderTables = ['orders', 'order_items', 'order_events']

/**
 * Returns what drops and creates the indexes, because they are built faster after the rows. The primary key of orders
 * stays: foreign keys depend on it.
 */
function listIndexes(tx: Queryable): Promise<{ drop: string; create: string }[]> {
  return tx.query({
    text: `
      SELECT coalesce('ALTER TABLE ' || indrelid::regclass || ' DROP CONSTRAINT ' || conname, 'DROP INDEX ' || indexrelid::regclass) AS drop,
        coalesce(
          'ALTER TABLE ' || indrelid::regclass || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid),
          pg_get_indexdef(indexrelid)
        ) AS create
      FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype = 'p'
      WHERE indrelid = ANY ($1::regclass[]) AND indexrelid <> 'orders_pkey'::regclass`,
    values: [orderTables],
  })
}
