import { test } from 'node:test'
import { fuzzOperations } from '@shop/tests/kit/openapi/fuzz'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'
import { anyUsers } from '../users.ts'

test('no request leads to an answer that is not in the OpenAPI document', async (t) => {
  const context = await createTestApp({
    users: anyUsers,
    // each answer is read to its end
    streams: { maxOpenMs: 0 },
  })
  t.after(() => context.close())
  const me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  const mine = await insertOrder(context.database, { userId: me, productId })
  const foreign = await insertOrder(context.database, {
    userId: await insertUser(context.database),
    productId,
  })
  const users = [await asUser(me), await asUser(me, 'admin'), await asUser(uuidv7())]

  await fuzzOperations(t, context.app, {
    authorizations: users.map(({ authorization }) => authorization),
    ids: [productId, productId, mine, foreign],
  })
})
