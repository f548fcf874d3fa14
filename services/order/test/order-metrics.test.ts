import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { signToken } from '@shop/tests/kit/tokens'
import { createTestApp, insertProduct, insertUser, type TestApp } from './app.ts'

let context: TestApp
let productId: string
let me: Record<string, string>
let operator: Record<string, string>

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
  const userId = await insertUser(context.database)
  me = { authorization: `Bearer ${await signToken({ id: userId })}` }
  operator = { authorization: `Bearer ${await signToken({ id: crypto.randomUUID(), role: 'admin' })}` }
})
after(() => context.close())

const send = (url: string, headers: Record<string, string>, payload: object) =>
  context.app.inject({ method: 'POST', url, headers, payload })

/** Returns the value of a series of /metrics; undefined when there is none. */
async function reading(series: string): Promise<number | undefined> {
  const { body } = await context.app.inject('/metrics')
  const line = body.split('\n').find((text) => text.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

test('orders and changes count when they are stored, not when their answer is repeated or refused', async () => {
  const transition = (verb: string) => reading(`order_transitions_total{verb="${verb}"}`)
  assert.deepEqual([await transition('pay'), await transition('refund')], [0, 0])

  const once = { ...me, 'idempotency-key': 'one' }
  const first = await send('/orders', once, { productId })
  const again = await send('/orders', once, { productId })
  assert.deepEqual([first.statusCode, again.headers['idempotent-replayed']], [201, 'true'])
  assert.equal((await send('/orders', me, { productId, quantity: 0 })).statusCode, 400)
  assert.equal(await reading('orders_placed_total'), 1)

  const payUrl = `/admin/orders/${first.json().id}/pay`
  const payOnce = { ...operator, 'idempotency-key': 'two' }
  for (const headers of [payOnce, payOnce]) await send(payUrl, headers, { reference: 'p-1' })
  assert.equal((await send(payUrl, operator, { reference: 'p-2' })).statusCode, 409)
  assert.deepEqual([await transition('pay'), await transition('refund')], [1, 0])
})

test('batches are counted by what they do and how large they are', async () => {
  const count = async (batch: string) =>
    [
      await reading(`order_batch_size_count{batch="${batch}"}`),
      await reading(`order_batch_size_sum{batch="${batch}"}`),
    ] as [number, number]
  const before = await Promise.all(['look_up', 'store'].map(count))
  await Promise.all(Array.from({ length: 20 }, () => send('/orders', me, { productId })))
  const now = await Promise.all(['look_up', 'store'].map(count))
  for (const [index, [batches, orders]] of now.entries()) {
    const [batchesBefore, ordersBefore] = before[index] as [number, number]
    assert.equal(orders - ordersBefore, 20)
    assert.ok(batches - batchesBefore < 20, `${batches - batchesBefore} batches`)
  }
})
