import { Pool } from 'undici'
import { newestFirst, orderId, shownOf, users, uuid } from './data-set.ts'
import type { Cursors } from './scenarios.ts'

type Row = { id: string; userId: string } & ReturnType<typeof shownOf>

type Page = { data: Row[]; meta: { count: number; nextCursor: string | null } }

export type Checker = {
  /**
   * Fetches pages of random users until `signal` is aborted and checks each against the data set. Returns the
   * number of pages.
   */
  checkPages(signal: AbortSignal): Promise<number>
  /** Pages by cursor through all orders of some users: no order may be repeated or skipped. */
  checkCursors(userCount: number): Promise<void>
  /** Checks the pages that the cursors deep in heavy users' lists lead to. */
  checkDeepCursors(cursors: Cursors, depth: number): Promise<void>
  close(): Promise<void>
}

/**
 * Returns a checker of the service's answers against the data set. Its functions throw at the first
 * difference.
 */
export function createChecker(origin: string, tokens: string[]): Checker {
  const pool = new Pool(origin, { connections: 4 })

  async function fetchPage(user: number, query: string): Promise<Page> {
    const path = `/orders?${query}`
    const headers = { authorization: `Bearer ${tokens[user - 1]}` }
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`user ${user}, ${path}: status ${statusCode}: ${text}`)
    return JSON.parse(text)
  }

  async function checkPage(user: number, query: string, expected: { orders: number[]; count: number }) {
    const page = await fetchPage(user, query)
    const complain = (what: string) => {
      throw new Error(`user ${user}, /orders?${query}: ${what}`)
    }
    const foreign = page.data.find((order) => order.userId !== uuid(user))
    if (foreign) complain(`an order of user ${foreign.userId}`)
    if (page.meta.count !== expected.count) complain(`count ${page.meta.count} instead of ${expected.count}`)
    const ids = expected.orders.map((order) => orderId(user, order))
    const wrong = ids.findIndex((id, index) => page.data[index]?.id !== id)
    if (wrong >= 0) complain(`row ${wrong} is order ${page.data[wrong]?.id} instead of ${ids[wrong]}`)
    for (const [index, order] of expected.orders.entries()) {
      const row = page.data[index]
      for (const [member, value] of Object.entries(shownOf(user, order))) {
        const shown = row?.[member as keyof Row]
        if (shown !== value) complain(`row ${index} has ${member} ${shown} instead of ${value}`)
      }
    }
    if (page.data.length !== ids.length) complain(`${page.data.length} rows instead of ${ids.length}`)
    return page
  }

  async function checkRandomPage() {
    const user = randomUser()
    const orders = newestFirst(user)
    const limit = 1 + Math.floor(Math.random() * 100)
    const offset = Math.floor(Math.random() * (orders.length + 10))
    const expected = { orders: orders.slice(offset, offset + limit), count: orders.length }
    await checkPage(user, `limit=${limit}&offset=${offset}`, expected)
  }

  async function walk(user: number) {
    const orders = newestFirst(user)
    const limit = 7
    let query = `limit=${limit}`
    for (let start = 0; ; start += limit) {
      const expected = { orders: orders.slice(start, start + limit), count: orders.length }
      const { meta } = await checkPage(user, query, expected)
      const isLast = start + limit >= orders.length
      if ((meta.nextCursor === null) !== isLast)
        throw new Error(`user ${user}, /orders?${query}: nextCursor is ${meta.nextCursor}`)
      if (isLast) return
      query = `limit=${limit}&cursor=${meta.nextCursor}`
    }
  }

  return {
    async checkPages(signal) {
      let pages = 0
      while (!signal.aborted) {
        await Promise.all(Array.from({ length: 4 }, checkRandomPage))
        pages += 4
      }
      return pages
    },
    async checkCursors(userCount) {
      for (let count = 0; count < userCount; count++) await walk(randomUser())
    },
    async checkDeepCursors(cursors, depth) {
      for (let user = users.heavy.from; user <= users.heavy.to; user++) {
        const orders = newestFirst(user)
        const expected = { orders: orders.slice(depth, depth + 20), count: orders.length }
        await checkPage(user, `limit=20&cursor=${cursors[user]}`, expected)
      }
    },
    close: () => pool.close(),
  }
}

const randomUser = () => users.typical.from + Math.floor(Math.random() * users.typical.to)
