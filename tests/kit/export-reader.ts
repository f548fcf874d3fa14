import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'

/** Exports the orders of the token's user. Resolves when the body has begun; the rest of it is not read. */
export async function openExport(url: string, token: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}` }
  const [response] = await once(get(`${url}/orders/export`, { headers, agent: false }), 'response')
  assert.equal(response.statusCode, 200)
  await once(response, 'readable')
  return response
}

/** Reads the rest of an export, and returns the number of its lines and whether it ended as a whole one does. */
export async function readExport(response: IncomingMessage): Promise<{ isWhole: boolean; orders: number }> {
  let orders = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 10) orders++
      await setTimeout(0)
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET')
  }
  return { isWhole: response.complete, orders }
}

/**
 * Returns a statement that stores orders of 15 kB for a user. 4000 of them are more than all buffers between
 * a service and a client hold.
 */
export const insertLargeOrders = (userId: string, count: number) => `
  INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency, metadata)
  SELECT gen_random_uuid(), '${userId}', (SELECT id FROM products LIMIT 1), 'Thing', 1, 1250, 'EUR',
    jsonb_build_object('note', repeat('x', 15000))
  FROM generate_series(1, ${count})`
