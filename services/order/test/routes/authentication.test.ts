import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { signToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp
const userId = uuidv7()
const now = Math.floor(Date.now() / 1000)

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

for (const url of ['/orders', `/orders/${uuidv7()}`]) {
  test(`GET ${url.slice(0, 8)} without a token is a 401 with a challenge`, async () => {
    const response = await context.app.inject({ url })
    assert.equal(response.statusCode, 401)
    assert.equal(response.headers['www-authenticate'], 'Bearer')
    assert.equal(response.json().code, 'token_missing')
  })

  test(`GET ${url.slice(0, 8)} authenticates before it validates`, async () => {
    const response = await context.app.inject({ url: `${url}?limit=0&nonsense` })
    assert.equal(response.statusCode, 401)
  })
}

for (const authorization of ['Bearer', 'Bearer ', 'bearer   ']) {
  test(`${JSON.stringify(authorization)} without a token is a 401 with a challenge`, async () => {
    const response = await context.app.inject({ url: '/orders', headers: { authorization } })
    assert.equal(response.statusCode, 401)
    assert.equal(response.headers['www-authenticate'], 'Bearer')
  })
}

test('another scheme counts as no token', async () => {
  const response = await context.app.inject({ url: '/orders', headers: { authorization: 'Basic YTpi' } })
  assert.equal(response.json().code, 'token_missing')
})

const refused: Record<string, () => Promise<string>> = {
  garbage: async () => 'garbage',
  'two words': async () => 'a b',
  'characters that no token has': async () => 'a,b',
  'three parts of garbage': async () => 'a.b.c',
  'an expired token': () => signToken({ id: userId }, { claims: { iat: now - 7200, exp: now - 3600 } }),
  'a token from the future': () => signToken({ id: userId }, { claims: { iat: now + 600, exp: now + 4200 } }),
  'another issuer': () => signToken({ id: userId }, { claims: { iss: 'https://elsewhere.test' } }),
  'another audience': () => signToken({ id: userId }, { claims: { aud: 'billing' } }),
  'no subject': () => signToken({ id: userId }, { claims: { sub: undefined } }),
  'a subject that is not a UUID': () => signToken({ id: "1' OR '1'='1" }),
  'another type of token': () => signToken({ id: userId }, { header: { typ: 'JWT' } }),
  'an unknown key': () => signToken({ id: userId }, { header: { kid: 'elsewhere' } }),
  'no key id': () => signToken({ id: userId }, { header: { kid: undefined } }),
  'a changed payload': async () => {
    const [header, , signature] = (await signToken({ id: userId })).split('.')
    const [, payload] = (await signToken({ id: uuidv7() })).split('.')
    return `${header}.${payload}.${signature}`
  },
  'a token of more than 8 KiB': () => signToken({ id: userId }, { claims: { padding: 'x'.repeat(9000) } }),
}

for (const [name, makeToken] of Object.entries(refused)) {
  test(`${name} is a 401 invalid_token`, async () => {
    const headers = { authorization: `Bearer ${await makeToken()}` }
    const response = await context.app.inject({ url: '/orders', headers })
    assert.equal(response.statusCode, 401, response.body)
    assert.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
    assert.equal(response.json().code, 'invalid_token')
  })
}

for (const role of ['authenticated', 'root', ['admin'], null, 1, {}]) {
  test(`a customer whose issuer gives the role ${JSON.stringify(role)} sees their orders`, async () => {
    const headers = { authorization: `Bearer ${await signToken({ id: userId }, { claims: { role } })}` }
    assert.equal((await context.app.inject({ url: '/orders', headers })).statusCode, 200)
  })
}

test('the scheme is read in any case', async () => {
  const headers = { authorization: `bearer ${await signToken({ id: userId })}` }
  assert.equal((await context.app.inject({ url: '/orders', headers })).statusCode, 200)
})

test('no header other than Authorization identifies the user', async () => {
  const headers = {
    'x-user-id': userId,
    'x-user-role': 'admin',
    cookie: `token=${await signToken({ id: userId })}`,
  }
  assert.equal((await context.app.inject({ url: '/orders', headers })).statusCode, 401)
})
