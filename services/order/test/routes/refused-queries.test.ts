import { after, before } from 'node:test'
import { testRefusedQueries } from '@shop/tests/kit/refused-queries'
import { asUser } from '@shop/tests/kit/tokens'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let me: string
let cursor: string

before(async () => {
  context = await createTestApp()
  me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  for (let i = 0; i < 2; i++) await insertOrder(context.database, { userId: me, productId })
  cursor = (await get('?limit=1')).json().meta.nextCursor
})
after(() => context.close())

async function get(query: string) {
  return context.app.inject({ url: `/orders${query}`, headers: await asUser(me) })
}

testRefusedQueries({
  path: '/orders',
  get,
  cursor: () => cursor,
  parameters: ['status'],
  refused: [
    ['?status=unknown', 'status'],
    ['?status=PAID', 'status'],
    ['?status=', 'status'],
    ['?status=paid&status=pending', 'status'],
    ['?status=paid%00', 'status'],
    ['?userId=00000000-0000-7000-8000-0000000000a1', 'userId'],
    ['?user_id=1', 'user_id'],
  ],
})
