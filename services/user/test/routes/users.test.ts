import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { signToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, newAccount, type TestApp } from '../app.ts'

type User = { id: string; email: string }

let context: TestApp
let me: User
let someoneElse: User

before(async () => {
  context = await createTestApp()
  me = (await context.register(newAccount())).json()
  someoneElse = (await context.register(newAccount())).json()
})
after(() => context.close())

test('GET /users/me returns the same user as the registration', async () => {
  const response = await context.app.inject({ url: '/users/me', headers: await context.asUser(me.id) })
  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json(), me)
})

test('GET /users/me for a valid token whose user has no row is a 404', async () => {
  const response = await context.app.inject({ url: '/users/me', headers: await context.asUser(uuidv7()) })
  assert.equal(response.statusCode, 404)
  assert.equal(response.json().code, 'user_not_found')
})

test('GET /users/:id returns the caller, even with the id in capitals', async () => {
  const headers = await context.asUser(me.id)
  for (const id of [me.id, me.id.toUpperCase()]) {
    const response = await context.app.inject({ url: `/users/${id}`, headers })
    assert.equal(response.statusCode, 200)
    assert.deepEqual(response.json(), me)
  }
})

test('GET /users/:id returns any user to an admin, and a 404 for an unknown id', async () => {
  const headers = await context.asUser(uuidv7(), 'admin')
  const found = await context.app.inject({ url: `/users/${someoneElse.id}`, headers })
  assert.deepEqual(found.json(), someoneElse)
  const missing = await context.app.inject({ url: `/users/${uuidv7()}`, headers })
  assert.equal(missing.statusCode, 404)
})

test('GET /users/:id gives a customer the same answer for another user and for an unknown id', async () => {
  const headers = await context.asUser(me.id)
  const answers = await Promise.all(
    [someoneElse.id, uuidv7()].map((id) => context.app.inject({ url: `/users/${id}`, headers })),
  )
  for (const answer of answers) {
    const { requestId, ...problem } = answer.json()
    assert.deepEqual(problem, {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'No such user.',
      code: 'user_not_found',
    })
  }
})

for (const id of [
  '1',
  'you',
  `urn:uuid:${uuidv7()}`,
  '%00',
  `${uuidv7()}%00`,
  '%2e%2e',
  "1'--",
  'x'.repeat(5000),
]) {
  test(`GET /users/${id.slice(0, 50)} is a 400 or 404 problem`, async () => {
    const headers = await context.asUser(me.id, 'admin')
    const response = await context.app.inject({ url: `/users/${id}`, headers })
    assert.ok([400, 404].includes(response.statusCode), response.body)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  })
}

for (const url of ['/users/me', `/users/${uuidv7()}`, '/users/nonsense']) {
  test(`GET ${url.slice(0, 16)} without a token is a 401`, async () => {
    const response = await context.app.inject({ url })
    assert.equal(response.statusCode, 401)
    assert.equal(response.headers['www-authenticate'], 'Bearer')
    assert.equal(response.json().code, 'token_missing')
  })
}

const refused: Record<string, () => Promise<string>> = {
  garbage: async () => 'garbage',
  'a token of another issuer, with a key that is not ours': () => signToken({ id: me.id }),
  'a token whose payload was changed': async () => {
    const [header, , signature] = (await context.asUser(me.id)).authorization.split('.')
    const [, payload] = (await context.asUser(me.id, 'admin')).authorization.split('.')
    return `${header}.${payload}.${signature}`.replace('Bearer ', '')
  },
  'a token without signature': async () => {
    const [header, payload] = (await context.asUser(me.id)).authorization.split('.')
    return `${header}.${payload}.`.replace('Bearer ', '')
  },
}

for (const [name, makeToken] of Object.entries(refused)) {
  test(`${name} is a 401 invalid_token`, async () => {
    const headers = { authorization: `Bearer ${await makeToken()}` }
    const response = await context.app.inject({ url: '/users/me', headers })
    assert.equal(response.statusCode, 401)
    assert.equal(response.json().code, 'invalid_token')
  })
}

test('nobody changes or deletes another user, not even an admin', async () => {
  const headers = await context.asUser(me.id, 'admin')
  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
    const response = await context.app.inject({ method, url: `/users/${me.id}`, headers })
    assert.equal(response.statusCode, 405, method)
    assert.equal(response.json().code, 'method_not_allowed')
  }
})
