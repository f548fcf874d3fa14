import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hostileText, hostileTexts } from '@shop/tests/kit/openapi/hostile-values'
import { asUser } from '@shop/tests/kit/tokens'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp
let headers: { authorization: string }

before(async () => {
  context = await createTestApp()
  headers = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

test('a text is either refused or comes back unchanged, and is never interpreted on its way', async () => {
  const tables = () => context.database.owner.query({ text: 'SELECT count(*)::int AS tables FROM pg_class' })
  const before = await tables()
  const accepted = new Set<string>()
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      const body = { name: text, description: text, unitAmount: 1, currency: 'EUR' }
      const created = await context.app.inject({ method: 'POST', url: '/products', headers, body })
      if (created.statusCode === 400) return
      assert.equal(created.statusCode, 201, created.body)
      accepted.add(text)
      const { id } = created.json()
      assert.equal(created.headers.location, `/products/${id}`)
      const found = (await context.app.inject(`/products/${id}`)).json()
      assert.deepEqual([found.name, found.description], [text, text])
    }),
    { numRuns: 300, examples: hostileTexts.map((text) => [text]) },
  )
  assert.ok(accepted.has("'; DROP TABLE orders; --"))
  assert.deepEqual(await tables(), before)
})
