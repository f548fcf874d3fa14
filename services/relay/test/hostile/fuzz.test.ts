import { test } from 'node:test'
import { fuzzOperations } from '@shop/tests/kit/openapi/fuzz'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp } from '../app.ts'
import { place } from '../orders.ts'

test('no request leads to an answer that is not in the OpenAPI document', async (t) => {
  // nobody may wait for events that do not come
  const context = await createTestApp({ maxWaiting: 0 })
  t.after(() => context.close())
  const ids = [
    await place(context.database.owner, context.shop),
    await place(context.database.owner, context.shop),
  ]
  await context.move()
  const users = [await asUser(uuidv7(), 'admin'), await asUser(uuidv7(), 'admin'), await asUser(uuidv7())]

  await fuzzOperations(t, context.app, {
    authorizations: users.map(({ authorization }) => authorization),
    ids,
  })
})
