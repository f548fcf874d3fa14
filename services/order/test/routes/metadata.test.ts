import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'
import { act } from '../changes.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

test('metadata is shown as it was given, whatever its names', async () => {
  const userId = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  // among them the letters of \p{Cs}, which is read as letters by an expression without the flag u
  const names = [
    'campaign',
    'p',
    'C',
    's',
    '{',
    '}',
    'a b',
    'line\nbreak',
    'Größe',
    '😀',
    'constructor',
    '1',
    ' ',
  ]
  const metadata = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
  const headers = await asUser(userId)
  const placed = await context.app.inject({
    method: 'POST',
    url: '/orders',
    headers,
    body: { productId, metadata },
  })
  assert.deepEqual([placed.statusCode, placed.json().metadata], [201, metadata], placed.body)
  const { id } = placed.json()
  const got = await context.app.inject({ url: `/orders/${id}`, headers })
  assert.deepEqual(got.json().metadata, metadata)
  assert.deepEqual((await act(context, { orderId: id, verb: 'note' })).json.metadata, metadata)
})
