import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { v7 as uuidv7 } from 'uuid'
import type { ExportRepository, ExportSlice } from '../../src/db/export-repository.ts'
import type { OrderDetails } from '../../src/order.ts'
import { orderNumber } from '../../src/order-number.ts'
import type { TestApp } from '../app.ts'

/** Stores `count` orders of one item, a minute apart, the newest first. */
export async function insertManyOrders(
  { database }: Pick<TestApp, 'database'>,
  { userId, productId, count }: { userId: string; productId: string; count: number },
) {
  await database.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, created_at)
           SELECT $1, $2, 'Thing ' || n, 1, 100, 'EUR', now() - n * interval '1 minute' FROM generate_series(1, $3::int) AS n`,
    values: [userId, productId, count],
  })
}

/** Listens on a free port and returns the URL. */
export async function listen({ app }: Pick<TestApp, 'app'>): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** Sends a GET over a socket of its own. Resolves with the head of the answer; the body is not read. */
export async function open(
  t: TestContext,
  url: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const sent = request(url, { headers, agent: false })
  cleanUp(t, () => sent.destroy())
  sent.on('error', () => undefined)
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.pause()
  return response
}

/** Reads the rest of an answer. `isWhole` is false if the connection ended before the answer did. */
export async function readAll(response: IncomingMessage): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Buffer[] = []
  response.on('data', (chunk) => chunks.push(chunk))
  response.on('error', () => undefined)
  response.resume()
  // not once(): it would reject with the error
  if (!response.closed) await new Promise((resolve) => response.once('close', resolve))
  return { text: Buffer.concat(chunks).toString(), isWhole: response.complete }
}

/** How many bytes an order of a generated slice has about. */
const metadataLength = 10_000

/**
 * Returns a repository of `slices` slices of 100 large orders, one megabyte each, that counts how many were read.
 * `fail`, if it is set, is thrown by the next read.
 */
export function generatedExports(slices: number) {
  const counted = { read: 0, fail: undefined as Error | undefined }
  const exports: ExportRepository = {
    async readSlice(): Promise<ExportSlice> {
      if (counted.fail) throw counted.fail
      counted.read++
      const orders = Array.from({ length: 100 }, generatedOrder)
      const next = counted.read < slices ? { createdAt: '', id: '' } : undefined
      return { orders, next }
    },
  }
  return { counted, exports }
}

function generatedOrder(): OrderDetails {
  const id = uuidv7()
  const productId = uuidv7()
  const time = '2026-03-01T09:30:00.000Z'
  return {
    id,
    number: orderNumber(id),
    version: 1,
    userId: uuidv7(),
    status: 'pending',
    productId,
    productName: 'Thing',
    itemCount: 1,
    totalAmount: 100,
    refundedAmount: 0,
    currency: 'EUR',
    createdAt: time,
    updatedAt: time,
    items: [{ position: 1, productId, productName: 'Thing', quantity: 1, unitAmount: 100 }],
    shippingAddress: null,
    metadata: { note: 'x'.repeat(metadataLength) },
    shipment: null,
    latePayment: false,
    actions: ['cancel'],
  }
}
