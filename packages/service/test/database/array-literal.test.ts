import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { toArrayLiteral } from '@shop/service/database/array-literal'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import fc from 'fast-check'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

test('PostgreSQL reads every array of texts, numbers and nulls as it was', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0')),
    fc.constantFrom('', 'NULL', 'null', '{}', '","', '\\', '"', ' ', "'"),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(text), { maxLength: 20 }),
      fc.array(fc.option(fc.maxSafeInteger()), { maxLength: 20 }),
      async (texts, numbers) => {
        const [row] = await database.db.query<{ texts: unknown; numbers: unknown }>({
          text: 'SELECT to_json($1::text[]) AS texts, to_json($2::bigint[]) AS numbers',
          values: [toArrayLiteral(texts), toArrayLiteral(numbers)],
        })
        assert.deepEqual(row, { texts, numbers })
      },
    ),
  )
})
