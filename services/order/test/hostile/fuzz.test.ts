import { test } from 'node:test'
import { NotFoundError } from '@shop/service/errors'
import { fuzzOperations } from '@shop/tests/kit/openapi/fuzz'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import type { UserClient } from '../../src/clients/user-client.ts'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'

/** Knows nobody. Without a User service, a search by email would be answered 503. */
const nobody: UserClient = {
  getUser: () => Promise.reject(new NotFoundError('user')),
  getUsers: async () => new Map(),
  findUserByEmail: async () => undefined,
}

test('no request leads to an answer that is not in the OpenAPI document', async (t) => {
  const context = await createTestApp({ users: nobody })
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
