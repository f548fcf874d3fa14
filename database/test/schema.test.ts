import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { defaultRoleName, services } from '../src/services.ts'
import { dumpSchema } from './dump-schema.ts'

const file = new URL('../schema.sql', import.meta.url)

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

test('database/schema.sql is the result of the migrations, the grants and roles.sql', async () => {
  const actual = await dumpSchema(database.owner, services.map(defaultRoleName))
  if (process.env.SCHEMA === 'write' || !existsSync(file)) writeFileSync(file, actual)
  assert.equal(
    actual,
    readFileSync(file, 'utf8'),
    'The schema has changed. If that is intended, run npm run schema:write and commit database/schema.sql',
  )
})
