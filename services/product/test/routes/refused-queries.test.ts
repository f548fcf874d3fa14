import { after, before } from 'node:test'
import { encodeCursor } from '@shop/service/paging/cursor'
import { testRefusedQueries } from '@shop/tests/kit/refused-queries'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp
let cursor: string

before(async () => {
  context = await createTestApp()
  for (let i = 0; i < 2; i++) await insertProduct(context.database)
  cursor = (await get('?limit=1')).json().meta.nextCursor
})
after(() => context.close())

const get = (query: string) => context.app.inject({ url: `/products${query}` })

const cursorOfAnotherList = encodeCursor({ createdAt: '2026-03-01 00:00:00+00', id: uuidv7() }, uuidv7())

testRefusedQueries({
  path: '/products',
  get,
  cursor: () => cursor,
  parameters: [],
  refused: [
    [`?cursor=${cursorOfAnotherList}`, 'cursor'],
    ['?status=paid', 'status'],
  ],
})
