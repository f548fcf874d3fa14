import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authSettings } from '@shop/service/auth/settings'
import { decodeProtectedHeader } from 'jose'
import { generateSigningKey } from '../src/signing-key.ts'
import { createTokenSigner, tokenType } from '../src/token-signer.ts'

const names = { issuer: 'https://issuer.test', audience: 'shop' }
const user = { id: '00000000-0000-7000-8000-0000000000a1', role: 'customer' } as const

test('tokens have the type that verifiers require by default', () => {
  assert.equal(tokenType, authSettings.authTokenType.default)
})

test('the key is loaded once for many concurrent tokens', async () => {
  const key = await generateSigningKey()
  let loads = 0
  const loadKey = async () => {
    loads++
    return key
  }
  const tokens = createTokenSigner({ ...names, loadKey })
  await Promise.all(Array.from({ length: 20 }, () => tokens.sign(user)))
  await tokens.prepare()
  assert.equal(loads, 1)
})

test('a key is loaded again when its cache entry expires', async () => {
  const keys = [await generateSigningKey(), await generateSigningKey()]
  const loadKey = async () => keys.shift() as NonNullable<(typeof keys)[0]>
  const expected = keys.map((key) => key.kid)
  const tokens = createTokenSigner({ ...names, loadKey, keyCacheMs: 0 })
  const kids = [await tokens.sign(user), await tokens.sign(user)].map(
    (token) => decodeProtectedHeader(token).kid,
  )
  assert.deepEqual(kids, expected)
})

test('a failure to load the key is not cached', async () => {
  const key = await generateSigningKey()
  let loads = 0
  const loadKey = async () => {
    if (++loads === 1) throw new Error('the database is away')
    return key
  }
  const tokens = createTokenSigner({ ...names, loadKey })
  await assert.rejects(tokens.prepare(), /the database is away/)
  assert.equal(decodeProtectedHeader(await tokens.sign(user)).kid, key.kid)
})
