import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { createDatabase } from '../../src/database/database.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { databaseReadiness } from '../../src/http/readiness.ts'
import { createLogger } from '../../src/logger.ts'
import { createTestService } from '../app.ts'

let database: TestDatabase
const productMigrations = new URL('../../../../services/product/migrations/', import.meta.url)

before(async () => {
  database = await createTestDatabase('product_service')
})
after(() => database.drop())

const check = (table: string, folder: URL) => databaseReadiness(database.db, { table, folder })

test('a database that answers and holds every migration is ready', async () => {
  const isReady = check('product_migrations', productMigrations)
  await isReady()
  await isReady()
})

test('the reason gives the number of missing migrations', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['0001_create-products.sql', '0002_later.sql', 'notes.md'])
    writeFileSync(join(folder, name), '')

  const isReady = check('product_migrations', pathToFileURL(`${folder}/`))
  await assert.rejects(isReady(), /1 of 2 migrations are not applied/)
  await database.owner.query({
    text: "INSERT INTO product_migrations (name, run_on) VALUES ('0002_later', now())",
  })
  await isReady()
})

test('a database without any migrations is not ready', async () => {
  await assert.rejects(check('nothing_migrations', productMigrations)(), /nothing_migrations/)
})

test('while the database is unavailable, /readyz is a 503 and /healthz a 200, each time', async (t) => {
  const away = createDatabase(
    {
      databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing',
      databasePoolSize: 1,
      databaseConnectTimeoutMs: 500,
      databaseQueryTimeoutMs: 500,
      databasePrepared: true,
    },
    { name: 'test', logger: createLogger({ name: 'test', level: 'silent' }) },
  )
  const checkReadiness = databaseReadiness(away, { table: 'product_migrations', folder: productMigrations })
  const app = createTestService({ checkReadiness })
  t.after(() => Promise.all([app.close(), away.close()]))

  await assert.rejects(checkReadiness(), ServiceUnavailableError)
  for (let i = 0; i < 3; i++) {
    assert.equal((await app.inject({ url: '/readyz' })).statusCode, 503)
    assert.equal((await app.inject({ url: '/healthz' })).statusCode, 200)
  }
})
