import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp
let admin: { authorization: string }
let productId: string
const kettle = { name: 'Kettle', description: 'Boils.', unitAmount: 4900, currency: 'EUR' }
const json = { 'content-type': 'application/json' }

before(async () => {
  context = await createTestApp()
  admin = await asUser(uuidv7(), 'admin')
  productId = (await context.products.createProduct(kettle)).id
})
after(async () => {
  const { products } = await context.products.listProducts()
  await context.close()
  assert.deepEqual(
    products.map(({ id, name, unitAmount }) => ({ id, name, unitAmount })),
    [{ id: productId, name: 'Kettle', unitAmount: 4900 }],
    'a refused body left something behind',
  )
})

type Method = 'POST' | 'PATCH'
const urlOf = (method: Method) => (method === 'POST' ? '/products' : `/products/${productId}`)

const send = (method: Method, payload: string | undefined, headers: object = json) =>
  context.app.inject({
    method,
    url: urlOf(method),
    headers: { ...admin, ...headers },
    ...(payload !== undefined && { payload }),
  })

/** JSON texts of one member that either method refuses. */
const refusedMembers: [member: string, ...values: string[]][] = [
  [
    'name',
    'null',
    '1',
    'true',
    '[]',
    '{}',
    '""',
    '" "',
    '"\\t\\n\\u2003"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"a\\udc00b"',
  ],
  ['description', 'null', '0', 'false', '["a"]', '"a\\u0000b"', '"\\udfff"'],
  [
    'unitAmount',
    'null',
    'true',
    '"4900"',
    '""',
    '-1',
    '49.5',
    '1e-3',
    '2147483648',
    '1e400',
    '-1e400',
    '[1]',
    '{}',
  ],
  [
    'currency',
    'null',
    '978',
    '"eur"',
    '"EU"',
    '"EURO"',
    '"EUR "',
    '"E\\u0000R"',
    '"ÉUR"',
    '"QQQ"',
    '["EUR"]',
  ],
]

for (const method of ['POST', 'PATCH'] as const) {
  for (const [member, ...values] of refusedMembers) {
    for (const value of values) {
      test(`${method} refuses ${value} for ${member}, with its pointer`, async () => {
        const others = method === 'POST' ? kettle : {}
        const body = JSON.stringify({ ...others, [member]: 'VALUE' }).replace('"VALUE"', () => value)
        const response = await send(method, body)

        assert.equal(response.statusCode, 400, response.body)
        assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
        assert.equal(response.json().code, 'validation_failed')
        for (const { pointer } of response.json().errors) assert.equal(pointer, `/${member}`)
      })
    }
  }

  for (const member of ['id', 'createdAt', 'updatedAt', 'unit_amount', 'Name', 'a/b~c', 'constructor']) {
    test(`${method} refuses the member ${member}, which the caller may not set`, async () => {
      const response = await send(method, JSON.stringify({ ...kettle, [member]: uuidv7() }))
      assert.equal(response.statusCode, 400)
      const pointer = `/${member.replace('~', '~0').replace('a/', 'a~1')}`
      assert.deepEqual(response.json().errors, [{ pointer, detail: 'is not allowed' }])
    })
  }

  test(`${method} refuses too long a name and description`, async () => {
    const long = { name: 'n'.repeat(201), description: 'd'.repeat(5001) }
    const response = await send(method, JSON.stringify({ ...kettle, ...long }))
    assert.equal(response.statusCode, 400)
    const pointers = response.json().errors.map(({ pointer }: { pointer: string }) => pointer)
    assert.deepEqual(pointers.sort(), ['/description', '/name'])
  })

  test(`${method} quickly refuses text made to keep a pattern busy`, async () => {
    const start = performance.now()
    const response = await send(method, JSON.stringify({ ...kettle, name: `${'a'.repeat(60_000)}\u0000` }))
    assert.equal(response.statusCode, 400)
    assert.ok(performance.now() - start < 1000)
  })

  for (const body of ['null', 'true', '1', '"text"', '[]', `[${JSON.stringify(kettle)}]`]) {
    test(`${method} refuses the body ${body.slice(0, 20)}, which is not an object`, async () => {
      const response = await send(method, body)
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().errors[0].pointer, '')
    })
  }

  for (const body of [
    '{',
    '{"name": }',
    "{'name': 'Kettle'}",
    '{"name": "Kettle",}',
    '\u0000',
    'NaN',
    '<a/>',
  ]) {
    test(`${method} answers ${JSON.stringify(body)}, which is not JSON, with 400`, async () => {
      const response = await send(method, body)
      assert.equal(response.statusCode, 400, response.body)
      assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
      assert.equal(response.json().detail, 'The request is malformed.')
    })
  }

  for (const body of [
    '{"__proto__": {"isAdmin": true}, "name": "Kettle"}',
    '{"constructor": {"prototype": {"isAdmin": true}}, "name": "Kettle"}',
  ]) {
    test(`${method} refuses ${body.slice(0, 20)}…, and no prototype changes`, async () => {
      const response = await send(method, body)
      assert.equal(response.statusCode, 400)
      assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined)
    })
  }

  test(`${method} refuses deep nesting`, async () => {
    const response = await send(method, `{"name": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`)
    assert.equal(response.statusCode, 400)
  })

  test(`${method} without a body is a 400`, async () => {
    assert.equal((await send(method, '')).statusCode, 400)
    assert.equal((await send(method, undefined, {})).statusCode, 400)
  })

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense']) {
    test(`${method} of ${type} is a 415`, async () => {
      const response = await send(method, JSON.stringify(kettle), { 'content-type': type })
      assert.equal(response.statusCode, 415)
      assert.equal(response.json().code, 'unsupported_media_type')
    })
  }

  test(`${method} of more than 64 KiB is a 413`, async () => {
    const response = await send(method, JSON.stringify({ ...kettle, description: 'd'.repeat(65_536) }))
    assert.equal(response.statusCode, 413)
    assert.equal(response.json().code, 'body_too_large')
  })
}

test('POST names every member that is missing', async () => {
  const { errors } = (await send('POST', '{}')).json()
  assert.deepEqual(errors, [
    { pointer: '/name', detail: 'is required' },
    { pointer: '/unitAmount', detail: 'is required' },
    { pointer: '/currency', detail: 'is required' },
  ])
})

test('PATCH needs at least one member', async () => {
  const response = await send('PATCH', '{}')
  assert.equal(response.statusCode, 400)
  assert.equal(response.json().errors[0].pointer, '')
})

test('a refused body is not repeated in the answer', async () => {
  const response = await send('POST', JSON.stringify({ ...kettle, currency: '<script>' }))
  assert.ok(!response.body.includes('<script>'))
})
