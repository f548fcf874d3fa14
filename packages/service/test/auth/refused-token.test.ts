import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { signToken, verifyToken } from '@shop/tests/kit/tokens'
import { generateKeyPair, SignJWT } from 'jose'
import { authenticate } from '../../src/auth/authenticate.ts'
import { createTestService } from '../app.ts'

const id = '01980000-0000-7000-8000-000000000001'
const canary = 'canary-of-a-claim'
const now = Math.floor(Date.now() / 1000)
const user = { id }

const logLines: string[] = []
const app = createTestService({ logLines })
app.get('/me', { onRequest: authenticate(verifyToken) }, async (request) => request.user)
after(() => app.close())

/** Sends the header and returns the answer and the lines logged for it. */
async function me(authorization?: string) {
  await app.ready()
  logLines.length = 0
  const response = await app.inject({ url: '/me', headers: authorization ? { authorization } : {} })
  return { response, lines: [...logLines] }
}

const strangersKey = (await generateKeyPair('ES256')).privateKey
const withHeader = (header: Record<string, unknown>) => signToken(user, { header })
const withClaims = (claims: Record<string, unknown>) =>
  signToken(user, { claims: { jti: canary, ...claims } })

const refusals: Record<string, [reason: string, token: () => string | Promise<string>]> = {
  'that is not a token': ['malformed', () => 'canary.of.text'],
  'with claims that are not an object': [
    'malformed',
    () => 'eyJhbGciOiJFUzI1NiIsImtpZCI6InRlc3Qta2V5In0.bnVsbA',
  ],
  'longer than 8 KiB': ['too_long', () => withClaims({ padding: 'x'.repeat(8000) })],
  'of another algorithm': [
    'wrong_algorithm',
    () => new SignJWT({ sub: id }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32)),
  ],
  'with an extension': [
    'unsupported',
    async () => withAnyHeader({ alg: 'ES256', kid: canary, crit: ['x'], x: 1 }),
  ],
  'that names no key': ['no_key_named', () => withHeader({ kid: undefined })],
  'that names an unknown key': ['unknown_key', () => withHeader({ kid: canary })],
  'that names a key of another algorithm': [
    'unknown_key',
    () => withAnyHeader({ alg: 'EdDSA', kid: 'test-key' }),
  ],
  'signed by a stranger': [
    'bad_signature',
    () =>
      new SignJWT({ sub: id, canary })
        .setProtectedHeader({ alg: 'ES256', kid: 'test-key' })
        .sign(strangersKey),
  ],
  'of another type': ['wrong_type', () => withHeader({ typ: canary })],
  'of another issuer': ['wrong_issuer', () => withClaims({ iss: canary })],
  'without an issuer': ['wrong_issuer', () => withClaims({ iss: undefined })],
  'for another audience': ['wrong_audience', () => withClaims({ aud: canary })],
  'without an audience': ['wrong_audience', () => withClaims({ aud: undefined })],
  'without a subject': ['missing_claim', () => withClaims({ sub: undefined })],
  'without an expiry': ['missing_claim', () => withClaims({ exp: undefined })],
  'with an expiry that is not a number': ['invalid_claim', () => withClaims({ exp: canary })],
  'that has expired': ['expired', () => withClaims({ iat: now - 7200, exp: now - 3600 })],
  'issued too long ago': ['too_old', () => withClaims({ iat: now - 172_800 })],
  'issued in the future': ['not_yet_valid', () => withClaims({ iat: now + 600 })],
  'that is not valid yet': ['not_yet_valid', () => withClaims({ nbf: now + 600 })],
  'whose subject is not a UUID': ['sub_is_no_uuid', () => withClaims({ sub: canary })],
}

function withAnyHeader(header: Record<string, unknown>): string {
  const [payload = '', signature = ''] = ['eyJzdWIiOiJjYW5hcnkifQ', 'A'.repeat(86)]
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), payload, signature].join('.')
}

describe('a refused token is logged with the reason, but nothing of the token', () => {
  for (const [name, [reason, makeToken]] of Object.entries(refusals)) {
    test(`one ${name}: ${reason}`, async () => {
      const token = await makeToken()
      const { response, lines } = await me(`Bearer ${token}`)
      assert.equal(response.statusCode, 401)
      assert.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
      const expired = reason === 'expired' ? 'has expired' : 'does not verify'
      assert.equal(response.json().detail, `The access token ${expired}.`)

      const [line = '', ...others] = lines
      assert.deepEqual(others, [], 'one line per request')
      const { level, reqId, tokenRefused } = JSON.parse(line)
      assert.deepEqual([level, reqId, tokenRefused], ['info', response.headers['x-request-id'], reason])
      assert.ok(line.length < 300, `${line.length} characters`)
      const parts = token.split('.').filter(Boolean)
      for (const part of [canary, id, ...parts]) assert.ok(!line.includes(part), line)
    })
  }

  test('a header that is not of the form Bearer <token>: malformed', async () => {
    const { lines } = await me(`Bearer ${canary} ${canary}`)
    assert.equal(JSON.parse(lines[0] ?? '').tokenRefused, 'malformed')
    assert.doesNotMatch(lines.join(''), /canary/)
  })

  test('neither a missing token nor a valid one is logged as refused', async () => {
    for (const authorization of [undefined, `Bearer ${await signToken(user)}`]) {
      const { lines } = await me(authorization)
      assert.equal(lines.length, 1)
      assert.doesNotMatch(lines.join(''), /tokenRefused/)
    }
  })

  test('a token that is sent repeatedly is logged as one short line each time', async () => {
    const token = await withClaims({ aud: canary })
    for (let i = 0; i < 20; i++) {
      const { lines } = await me(`Bearer ${token}`)
      assert.deepEqual(
        lines.map((line) => [JSON.parse(line).tokenRefused, line.length < 300]),
        [['wrong_audience', true]],
      )
    }
  })
})
