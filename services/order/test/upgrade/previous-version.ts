import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrateDown, migrateUp } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { sqlFiles } from '@shop/service/database/sql-files'
import { type TestDatabase, testInstallation } from '@shop/tests/kit/database'

const migrationsFolder = new URL('../../migrations/', import.meta.url)

/** The names of all migrations, and of the last one of the version before this. */
export const migrations = sqlFiles(fileURLToPath(migrationsFolder)).map((file) => basename(file, '.sql'))
export const lastOfPrevious = '0007_validate-order-times'

const columns =
  'id, created_at, updated_at, user_id, product_id, product_name, quantity, unit_amount, currency, status'

const afterPosition = 'AND (created_at, id) < ($3::timestamptz, $4::uuid)'

function listStatement(name: string, { start, status }: { start: 'offset' | 'position'; status?: string }) {
  const ofStatus = status ? `AND status = ${status}` : ''
  return {
    name,
    text: `
      SELECT page.*, counted.count
      FROM (
        SELECT coalesce(sum(count), 0)::int AS count FROM order_counts WHERE user_id = $1 ${ofStatus}
      ) AS counted
      LEFT JOIN LATERAL (
        SELECT ${columns} FROM orders
        WHERE user_id = $1 ${ofStatus} ${start === 'position' ? afterPosition : ''}
        ORDER BY created_at DESC, id DESC LIMIT $2 ${start === 'offset' ? 'OFFSET $3' : ''}
      ) AS page ON true`,
  }
}

/** What a replica of the version before sends, word for word. */
export const previousStatements = {
  list: {
    fromOffset: listStatement('list-orders-from-offset', { start: 'offset' }),
    afterPosition: listStatement('list-orders-after-position', { start: 'position' }),
    ofStatusFromOffset: listStatement('list-orders-of-status-from-offset', { start: 'offset', status: '$4' }),
    ofStatusAfterPosition: listStatement('list-orders-of-status-after-position', {
      start: 'position',
      status: '$5',
    }),
  },
  select: { name: 'select-order', text: `SELECT ${columns} FROM orders WHERE id = $1 AND user_id = $2` },
  insert: {
    name: 'insert-order',
    text: `
    INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`,
  },
  findAnswer: {
    name: 'find-idempotent-answer',
    text: `SELECT encode(fingerprint, 'hex'), status, body, location FROM idempotency_keys
               WHERE user_id = $1 AND key = $2 AND expires_at > now()`,
  },
  storeAnswer: {
    name: 'store-idempotent-answer',
    text: `INSERT INTO idempotency_keys (user_id, key, fingerprint, status, body, location, expires_at)
           VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, now() + interval '24 hours')
           ON CONFLICT (user_id, key) DO UPDATE
           SET fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
               location = excluded.location, expires_at = excluded.expires_at`,
  },
}

/** Returns the fingerprint of a request as the version before makes it. */
export const previousFingerprint = (productId: string, quantity: number) =>
  createHash('sha256').update(`POST /orders ${productId} ${quantity}`).digest('hex')

const previousGrants = `
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";
GRANT SELECT, INSERT, UPDATE ON orders TO :"role";
GRANT SELECT ON order_counts TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO :"role";
GRANT SELECT ON order_migrations TO :"role";`

const own = services.filter(({ name }) => name === 'order')

const targetOf = (database: TestDatabase) => ({
  databaseUrl: database.urlOf('owner'),
  installation: testInstallation,
  services: own,
})

/** Takes an empty database back to the schema and the grants of the version before. */
export async function migrateToPrevious(database: TestDatabase): Promise<void> {
  let undone: string[]
  do undone = await migrateDown(targetOf(database))
  while (!undone.includes('order/0008_create-items-and-events'))
  await migrateTo(database, lastOfPrevious)
}

/** Takes a database back to the schema of the version before, with whatever is lost by that. */
export async function forceToPrevious(database: TestDatabase): Promise<void> {
  let undone: string[]
  do undone = await migrateDown({ ...targetOf(database), force: true })
  while (!undone.includes('order/0008_create-items-and-events'))
}

/** Applies the migrations up to this one; the service's role keeps the rights of the version before. */
export async function migrateTo(database: TestDatabase, last: string): Promise<void> {
  const folder = folderUpTo(last)
  try {
    await migrateUp({ ...targetOf(database), services: own.map((service) => ({ ...service, folder })) })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Applies all migrations and the grants of this version. */
export const migrateToPresent = (database: TestDatabase) => migrateUp(targetOf(database))

/** Creates a folder of the service as it was when `last` was its last migration. The caller removes it. */
export function folderUpTo(last: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'order-'))
  cpSync(fileURLToPath(migrationsFolder), join(folder, 'migrations'), {
    recursive: true,
    filter: (file) => !file.endsWith('.sql') || basename(file, '.sql') <= last,
  })
  writeFileSync(join(folder, 'grants.sql'), previousGrants)
  return folder
}
