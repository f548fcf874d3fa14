import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSigningKeyRepository } from '../../src/db/signing-key-repository.ts'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

test('GET /.well-known/jwks.json returns only the public half of the key, cacheable for a minute', async () => {
  const { kid } = await context.keys.currentKey()
  const response = await context.app.inject('/.well-known/jwks.json')
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers['cache-control'], 'public, max-age=60')
  const { keys } = response.json()
  const { x, y, ...rest } = keys[0]
  assert.equal(keys.length, 1)
  assert.deepEqual(rest, { kty: 'EC', crv: 'P-256', kid, alg: 'ES256', use: 'sig' })
  assert.match(x + y, /^[\w-]{86}$/)
})

test('a new key is there immediately', async () => {
  const { added } = await createSigningKeyRepository(context.database.owner).rotate({
    delayMinutes: 10,
    withdraw: [],
  })
  const { keys } = (await context.app.inject('/.well-known/jwks.json')).json()
  assert.deepEqual(
    keys.map((key: { kid: string }) => key.kid),
    [added, (await context.keys.currentKey()).kid],
  )
})

test('a private part would not be returned even if it had been stored among the public ones', async () => {
  await context.database.owner.query({
    text: 'ALTER TABLE signing_keys DROP CONSTRAINT signing_keys_public_key_check',
  })
  await context.database.owner.query({
    text: 'UPDATE signing_keys SET public_key = public_key || private_key',
  })
  const response = await context.app.inject('/.well-known/jwks.json')
  assert.equal(response.json().keys.length, 2)
  assert.doesNotMatch(response.body, /"d"/)
})
