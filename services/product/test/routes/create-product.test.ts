import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser, signToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp
let admin: { authorization: string }
const kettle = { name: 'Kettle', description: 'Boils.', unitAmount: 4900, currency: 'EUR' }

before(async () => {
  context = await createTestApp()
  admin = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

const post = (body: object, headers: object = admin) =>
  context.app.inject({ method: 'POST', url: '/products', headers: { ...headers }, payload: body })

async function countProducts(): Promise<number> {
  return (await context.app.inject({ url: '/products' })).json().meta.count
}

test('POST /products stores a product and returns it with its Location', async () => {
  const response = await post(kettle)

  assert.equal(response.statusCode, 201)
  const { id, createdAt, updatedAt, ...rest } = response.json()
  assert.deepEqual(rest, kettle)
  assert.equal(updatedAt, createdAt)
  assert.ok(Math.abs(Date.now() - Date.parse(createdAt)) < 60_000)
  assert.equal(response.headers.location, `/products/${id}`)
  const stored = await context.app.inject({ url: `/products/${id}` })
  assert.deepEqual(stored.json(), response.json())
})

test('the id is a UUID of version 7', async () => {
  assert.match((await post(kettle)).json().id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
})

test('the description may be empty or left out', async () => {
  const { description: _, ...withoutDescription } = kettle
  assert.equal((await post(withoutDescription)).json().description, '')
  assert.equal((await post({ ...kettle, description: '' })).json().description, '')
})

for (const [title, members] of Object.entries({
  'the longest name and description': { name: 'n'.repeat(200), description: 'd'.repeat(5000) },
  'a length counted in characters, not in UTF-16 units': { name: '🫖'.repeat(200) },
  'any script, quotes and line breaks': { name: `Käñ'nch" \\ 茶壺`, description: 'a\r\n\tb\u2028c' },
  'a price of nothing': { unitAmount: 0 },
  'the largest price': { unitAmount: 2_147_483_647 },
  'a currency without minor units': { unitAmount: 6800, currency: 'JPY' },
})) {
  test(`${title} comes back as it was sent`, async () => {
    const response = await post({ ...kettle, ...members })
    assert.equal(response.statusCode, 201, response.body)
    for (const [member, value] of Object.entries(members)) assert.equal(response.json()[member], value)
  })
}

test('a customer is refused with 403, and nothing is stored', async () => {
  const before = await countProducts()
  const response = await post(kettle, await asUser(uuidv7(), 'customer'))

  assert.equal(response.statusCode, 403)
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  assert.equal(response.json().code, 'role_required')
  assert.equal(await countProducts(), before)
})

for (const role of ['authenticated', 'ADMIN', ['admin'], null]) {
  test(`a token with the role ${JSON.stringify(role)} is a customer's: 403`, async () => {
    const response = await post(kettle, {
      authorization: `Bearer ${await signToken({ id: uuidv7() }, { claims: { role } })}`,
    })
    assert.deepEqual([response.statusCode, response.json().code], [403, 'role_required'])
  })
}

test('a request without a token is a 401 with a challenge', async () => {
  const response = await post(kettle, {})
  assert.equal(response.statusCode, 401)
  assert.equal(response.json().code, 'token_missing')
  assert.equal(response.headers['www-authenticate'], 'Bearer')
})

test('a token that does not verify is a 401 invalid_token', async () => {
  const response = await post(kettle, { authorization: `${admin.authorization}x` })
  assert.equal(response.statusCode, 401)
  assert.equal(response.json().code, 'invalid_token')
  assert.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

test('the caller is checked before the body', async () => {
  assert.equal((await post({ nonsense: true }, {})).statusCode, 401)
  assert.equal((await post({ nonsense: true }, await asUser(uuidv7()))).statusCode, 403)
})
