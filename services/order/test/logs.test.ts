import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotFoundError } from '@shop/service/errors'
import { signToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser, productClient } from './app.ts'

test('neither tokens nor keys get into the log, whatever happens to the request', async (t) => {
  const logLines: string[] = []
  let failure: Error | undefined
  const context = await createTestApp({
    logLines,
    products: productClient(() => {
      if (failure) throw failure
      return { name: 'Thing', unitAmount: 1, currency: 'EUR' }
    }),
  })
  t.after(() => context.close())
  const userId = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  const token = await signToken({ id: userId })
  const key = `canary-${uuidv7()}`
  const call = async (authorization: string, body: object, url = '/orders') =>
    context.app.inject({ method: 'POST', url, headers: { authorization, 'idempotency-key': key }, body })

  await call(`Bearer ${token}`, { productId })
  await call(`Bearer ${token}`, { productId })
  await call(`Bearer ${token}`, { productId, quantity: 2 })
  await call(`Bearer ${token}x`, { productId })
  await call(`Bearer ${token}`, { productId: token })
  await call(`Bearer ${token}`, { productId }, `/orders?token=${token}`)
  failure = Object.assign(new NotFoundError('product'), { headers: { authorization: `Bearer ${token}` } })
  await call(`Bearer ${token}`, { productId: uuidv7(), quantity: 3 })
  failure = Object.assign(new Error('boom'), { request: { headers: { authorization: `Bearer ${token}` } } })
  await context.app.inject({
    method: 'POST',
    url: '/orders',
    headers: { authorization: `Bearer ${token}`, cookie: `session=${token}` },
    body: { productId },
  })

  assert.ok(logLines.length >= 8, 'there is one line per request')
  const log = logLines.join('')
  for (const secret of [token, token.split('.')[1] ?? token, key]) assert.ok(!log.includes(secret))
})
