import assert from 'node:assert/strict'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'
import { anyUsers } from '../users.ts'

type Row = { id: string; createdAt: string }

/**
 * Starts the whole app with thirty orders of one user and one product, which in threes have the same created_at, and
 * returns what an operator needs to list them. Close the app after the
 * tests.
 */
export async function createThirtyOrders() {
  const context = await createTestApp({ users: anyUsers })
  const operator = await asUser(uuidv7(), 'admin')
  const userId = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  for (let n = 0; n < 30; n++) {
    const createdAt = `2026-03-01T12:00:${String(Math.floor(n / 3)).padStart(2, '0')}.123456Z`
    const status = n % 2 ? 'paid' : 'shipped'
    await insertOrder(context.database, { userId, productId, status, createdAt })
  }
  const rows = await context.database.owner.query<Row>({
    text: 'SELECT id, created_at AS "createdAt" FROM orders ORDER BY orders.created_at DESC, id DESC',
  })

  const ask = (query: Record<string, string>) =>
    context.app.inject({ url: `/admin/orders?${new URLSearchParams(query)}`, headers: operator })

  async function list(query: Record<string, string>) {
    const response = await ask(query)
    assert.equal(response.statusCode, 200, response.body)
    return response.json()
  }

  return {
    context,
    operator,
    userId,
    productId,
    /** As they are stored, newest first. */
    rows,
    ask,
    /** Asks, and returns the page. */
    list,
    /** Returns the ids on all pages of the list. */
    async idsOfAllPages(query: Record<string, string>): Promise<string[]> {
      const ids: string[] = []
      let cursor: string | null = ''
      do {
        const page = await list({ ...query, ...(cursor && { cursor }) })
        ids.push(...idsOf(page))
        cursor = page.meta.nextCursor
      } while (cursor)
      return ids
    },
  }
}

export const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id)
