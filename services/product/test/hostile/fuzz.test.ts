import { test } from 'node:test'
import { fuzzOperations } from '@shop/tests/kit/openapi/fuzz'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct } from '../app.ts'

test('no request leads to an answer that is not in the OpenAPI document', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const ids = [await insertProduct(context.database), await insertProduct(context.database)]
  const users = [await asUser(uuidv7(), 'admin'), await asUser(uuidv7(), 'admin'), await asUser(uuidv7())]

  await fuzzOperations(t, context.app, {
    authorizations: users.map(({ authorization }) => authorization),
    ids,
  })
})
