import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
})
after(() => context.close())

test('no token is ever logged, whatever the outcome of the request', async () => {
  const good = await asUser(uuidv7(), 'admin')
  const tokens = [good, await asUser(uuidv7()), { authorization: 'Bearer canary.canary.canary' }]
  for (const headers of tokens) {
    for (const payload of [{ name: 'Kettle', unitAmount: 1, currency: 'EUR' }, { token: 'canary' }]) {
      await context.app.inject({ method: 'POST', url: '/products', headers, payload })
    }
    await context.app.inject({ url: '/products?access_token=canary', headers })
  }
  await context.database.owner.query({ text: 'ALTER TABLE products RENAME TO elsewhere' })
  const failed = await context.app.inject({ url: '/products', headers: good })
  await context.database.owner.query({ text: 'ALTER TABLE elsewhere RENAME TO products' })

  const written = logLines.join('\n')
  assert.equal(failed.statusCode, 500)
  assert.ok(logLines.length >= 10, written)
  assert.ok(!written.includes('canary'), written)
  for (const { authorization } of tokens) {
    const [, , signature] = authorization.split('.')
    assert.ok(signature && !written.includes(signature), written)
  }
})

test('a server error is logged with its cause and answered without it', async () => {
  const requestId = uuidv7()
  await context.database.owner.query({ text: 'ALTER TABLE products RENAME TO elsewhere' })
  const response = await context.app.inject({ url: '/products', headers: { 'x-request-id': requestId } })
  await context.database.owner.query({ text: 'ALTER TABLE elsewhere RENAME TO products' })

  assert.equal(response.statusCode, 500)
  assert.equal(response.json().code, 'internal_error')
  assert.ok(!response.body.includes('products'), response.body)
  const line = logLines.find((text) => text.includes(requestId) && text.includes('request failed'))
  assert.match(String(line), /relation \\"products\\" does not exist/)
})
