import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { authenticate } from '../../src/auth/authenticate.ts'
import { createConfiguredVerifier } from '../../src/auth/configured-verifier.ts'
import { authSettings } from '../../src/auth/settings.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/logger.ts'
import { createTestService } from '../app.ts'
import { bytes, ecdsa, encode, forgeToken, hmac, type Parts, type Signer } from './forged-token.ts'

const userId = '01980000-0000-7000-8000-000000000001'
const secret = 'a secret of at least thirty-two characters'
const issuer = 'https://issuer.test'
const now = Math.floor(Date.now() / 1000)

const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicJwk = { ...ours.publicKey.export({ format: 'jwk' }), kid: 'our-key', alg: 'ES256', use: 'sig' }
const publicPem = ours.publicKey.export({ format: 'pem', type: 'spki' })
const publicDer = ours.publicKey.export({ format: 'der', type: 'spki' })
const theirJwk = { ...theirs.publicKey.export({ format: 'jwk' }), kid: 'their-key', alg: 'ES256', use: 'sig' }

const claims = {
  sub: userId,
  role: 'customer',
  iss: issuer,
  aud: 'shop',
  iat: now,
  exp: now + 3600,
  jti: 'a',
}

/** How an app verifies tokens, and how to make one that it accepts. */
type Mode = {
  name: string
  header: Record<string, unknown>
  signer: Signer
  env: () => Record<string, string>
}

/** Number of requests to an attacker's server and to the issuer. */
const visits = { forger: 0, issuer: 0 }
const issuerServer = createServer((_request, response) => {
  visits.issuer++
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ keys: [publicJwk] }))
})
const forgerServer = createServer((_request, response) => {
  visits.forger++
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ keys: [theirJwk] }))
})
const originOf = (server: typeof issuerServer) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

before(async () => {
  for (const server of [issuerServer, forgerServer]) await once(server.listen(0, '127.0.0.1'), 'listening')
})
after(() => {
  for (const server of [issuerServer, forgerServer]) {
    server.closeAllConnections()
    server.close()
  }
})

const modes: Mode[] = [
  {
    name: 'by key set',
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'our-key' },
    signer: ecdsa(ours.privateKey),
    env: () => ({ AUTH_JWKS_URL: `${originOf(issuerServer)}/jwks.json` }),
  },
  {
    name: 'by secret',
    header: { alg: 'HS256', typ: 'at+jwt' },
    signer: hmac(secret),
    env: () => ({ AUTH_SECRET: secret }),
  },
]

for (const mode of modes) {
  describe(`tokens that are verified ${mode.name}`, () => {
    let origin: string
    const app = createTestService()

    before(async () => {
      const env = { AUTH_ISSUER: issuer, AUTH_AUDIENCE: 'shop', ...mode.env() }
      const logger = createLogger({ name: 'test', level: 'silent' })
      const verifyToken = createConfiguredVerifier(readConfig(authSettings, env), logger)
      app.get('/me', { onRequest: authenticate(verifyToken) }, async (request) => request.user)
      origin = await app.listen({ host: '127.0.0.1', port: 0 })
    })
    after(() => app.close())

    const me = (authorization?: string) =>
      fetch(`${origin}/me`, { headers: authorization === undefined ? {} : { authorization } })

    async function assertRefused(authorization: string, code = 'invalid_token') {
      const response = await me(authorization)
      const problem = (await response.json()) as Record<string, unknown>
      assert.equal(response.status, 401, JSON.stringify(problem))
      assert.match(String(response.headers.get('content-type')), /^application\/problem\+json\b/)
      const { detail, requestId, ...rest } = problem
      assert.deepEqual(rest, { type: 'about:blank', title: 'Unauthorized', status: 401, code })
      assert.equal(requestId, response.headers.get('x-request-id'))
      const challenge = code === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"'
      assert.equal(response.headers.get('www-authenticate'), challenge)
      // the answer contains no part of the token
      assert.ok(String(detail).length < 80, String(detail))
    }

    /** Returns a valid token with changes; undefined removes a member. */
    const token = (change: { header?: object; payload?: unknown } = {}, signer = mode.signer) => {
      const { header, payload } = change
      const changed =
        typeof payload === 'string' || Array.isArray(payload)
          ? payload
          : { ...claims, ...(payload as object) }
      return forgeToken({ header: { ...mode.header, ...header }, payload: changed } as Parts, signer)
    }

    test('valid tokens are accepted', async () => {
      for (const good of [
        token(),
        token({ payload: { aud: ['billing', 'shop'] } }),
        token({ payload: { role: undefined } }),
        token({ payload: { nbf: now - 10 } }),
        token({ payload: { sub: userId.toUpperCase() } }),
      ]) {
        const response = await me(`Bearer ${good}`)
        assert.deepEqual([response.status, await response.json()], [200, { id: userId, role: 'customer' }])
      }
    })

    const otherRoles = {
      'of another issuer': 'authenticated',
      'that is unknown': 'root',
      'in capitals': 'ADMIN',
      'with a space': 'admin ',
      'with NUL': 'admin\u0000',
      'of two words': 'admin customer',
      'that is an array': ['admin'],
      'that is an object': { admin: true },
      'that is null': null,
      'that is a number': 1,
      'that is true': true,
      'that is empty': '',
    }
    for (const [name, role] of Object.entries(otherRoles)) {
      test(`a role ${name} makes a customer`, async () => {
        const response = await me(`Bearer ${token({ payload: { role } })}`)
        assert.deepEqual([response.status, await response.json()], [200, { id: userId, role: 'customer' }])
      })
    }

    test('only the role admin makes an admin', async () => {
      const response = await me(`Bearer ${token({ payload: { role: 'admin' } })}`)
      assert.deepEqual(await response.json(), { id: userId, role: 'admin' })
    })

    const headers: Record<string, object> = {
      'alg none': { alg: 'none' },
      'alg None': { alg: 'None' },
      'no alg': { alg: undefined },
      'alg that is a number': { alg: 256 },
      'alg that is an array': { alg: ['ES256', 'HS256'] },
      'alg HS384': { alg: 'HS384' },
      'alg ES384': { alg: 'ES384' },
      'alg ES256K': { alg: 'ES256K' },
      'alg RS256': { alg: 'RS256' },
      'alg in small letters': { alg: String(mode.header.alg).toLowerCase() },
      'typ JWT': { typ: 'JWT' },
      'typ of an ID token': { typ: 'id+jwt' },
      'no typ': { typ: undefined },
      'typ that is an object': { typ: {} },
      'a critical extension': { crit: ['x'], x: 1 },
      'crit that is empty': { crit: [] },
      'crit that names what is not there': { crit: ['exp'] },
      'b64 false': { b64: false, crit: ['b64'] },
    }
    for (const [name, header] of Object.entries(headers)) {
      test(`${name} in the header is refused`, () => assertRefused(`Bearer ${token({ header })}`))
    }

    const payloads: Record<string, unknown> = {
      'a sub that is not a UUID': { sub: 'alice' },
      'a sub with a UUID in it': { sub: `${userId}' OR '1'='1` },
      'a sub that is an array': { sub: [userId] },
      'a sub that is an object': { sub: { $ne: '' } },
      'a sub that is a number': { sub: 1 },
      'a sub that is null': { sub: null },
      'an empty sub': { sub: '' },
      'a sub with NUL': { sub: `${userId}\u0000` },
      'a sub with a line break': { sub: `${userId}\n` },
      'no sub': { sub: undefined },
      'another audience': { aud: 'billing' },
      'several other audiences': { aud: ['billing', 'shop '] },
      'an empty audience': { aud: [] },
      'an audience that is an object': { aud: { shop: true } },
      'no audience': { aud: undefined },
      'another issuer': { iss: 'https://elsewhere.test' },
      'an issuer that begins like ours': { iss: `${issuer}.evil.test` },
      'an issuer that is an array': { iss: [issuer] },
      'no issuer': { iss: undefined },
      'an exp in the past': { iat: now - 7200, exp: now - 60 },
      'an exp that is text': { exp: String(now + 3600) },
      'an exp that is null': { exp: null },
      'an exp that is an object': { exp: { $gt: 0 } },
      'no exp': { exp: undefined },
      'an iat in the future': { iat: now + 600, exp: now + 4200 },
      'an iat that is text': { iat: String(now) },
      'no iat': { iat: undefined },
      'an iat of two days ago': { iat: now - 172_800 },
      'an nbf in the future': { nbf: now + 600 },
      'an nbf that is text': { nbf: 'now' },
      'claims that are an array': [claims],
      'claims that are a text': JSON.stringify('claims'),
      'claims that are null': 'null',
      'claims that are not JSON': '{"sub":',
      'claims that are empty': '',
    }
    for (const [name, payload] of Object.entries(payloads)) {
      test(`${name} is refused`, () => assertRefused(`Bearer ${token({ payload })}`))
    }

    const [head, body, signature] = token().split('.') as [string, string, string]
    const other = token({ payload: { sub: '01980000-0000-7000-8000-000000000002' } }).split('.') as [
      string,
      string,
      string,
    ]
    const flipped = Buffer.from(signature, 'base64url')
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
    const forms: Record<string, string> = {
      'without a signature': `${head}.${body}.`,
      'without the part for one': `${head}.${body}`,
      'with half a signature': `${head}.${body}.${signature.slice(0, signature.length / 2)}`,
      'with one bit of the signature flipped': `${head}.${body}.${flipped.toString('base64url')}`,
      'with a longer signature': `${head}.${body}.${signature}AAAA`,
      'with the signature of another': `${head}.${body}.${other[2]}`,
      "with another's claims": `${head}.${other[1]}.${signature}`,
      'without a header': `.${body}.${signature}`,
      'with a header that is an array': `${encode([mode.header])}.${body}.${signature}`,
      'with a header that is null': `${encode('null')}.${body}.${signature}`,
      'of four parts': `${head}.${body}.${signature}.${signature}`,
      'of five parts, as an encrypted one': `${head}.${body}.${signature}.${body}.${signature}`,
      'of dots': '...',
      'in the JSON form': encode({ payload: body, protected: head, signature }),
      'with padding': `${head}=.${body}=.${signature}=`,
      'in base64 of the other alphabet': `${head}.${body}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+/`,
      'of more than 8 KiB': token({ payload: { padding: 'x'.repeat(8000) } }),
      'of text': 'x'.repeat(8000),
    }
    for (const [name, text] of Object.entries(forms)) {
      test(`one ${name} is refused`, () => assertRefused(`Bearer ${text}`))
    }

    const schemes: Record<string, [authorization: string, code: string]> = {
      'two tokens': [`Bearer ${token()} ${token()}`, 'invalid_token'],
      'two tokens with a comma': [`Bearer ${token()}, Bearer ${token()}`, 'invalid_token'],
      'a parameter': [`Bearer token="${token()}"`, 'invalid_token'],
      'a token in quotes': [`Bearer "${token()}"`, 'invalid_token'],
      'letters outside ASCII': [`Bearer ${token()}é`, 'invalid_token'],
      'the scheme twice': [`Bearer Bearer ${token()}`, 'invalid_token'],
      'no scheme': [token(), 'token_missing'],
      Basic: [`Basic ${Buffer.from(`${userId}:x`).toString('base64')}`, 'token_missing'],
      DPoP: [`DPoP ${token()}`, 'token_missing'],
      Token: [`Token ${token()}`, 'token_missing'],
      'a scheme that ends like it': [`xBearer ${token()}`, 'token_missing'],
      'a colon': [`Bearer:${token()}`, 'token_missing'],
      nothing: ['', 'token_missing'],
    }
    for (const [name, [authorization, code]] of Object.entries(schemes)) {
      test(`Authorization with ${name} is refused`, () => assertRefused(authorization, code))
    }

    test('a token outside Authorization is ignored', async () => {
      const elsewhere = { cookie: `access_token=${token()}; token=${token()}`, 'x-access-token': token() }
      const response = await fetch(`${origin}/me?access_token=${token()}`, { headers: elsewhere })
      assert.equal(response.status, 401)
    })

    test('keys inside a token or behind its URLs are neither used nor fetched', async () => {
      const url = `${originOf(forgerServer)}/jwks.json`
      for (const header of [
        { jwk: theirJwk },
        { jwk: theirJwk, kid: undefined },
        { jwk: { kty: 'oct', k: Buffer.from('x').toString('base64url') } },
        { jku: url },
        { jku: url, kid: 'their-key' },
        { x5u: url },
        { x5c: [theirs.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
        { kid: url },
      ]) {
        const asKeySet = token({ header: { alg: 'ES256', ...header } }, ecdsa(theirs.privateKey))
        const asSecret = token({ header: { alg: 'HS256', ...header } }, hmac('x'))
        for (const forged of [asKeySet, asSecret]) await assertRefused(`Bearer ${forged}`)
      }
      assert.equal(visits.forger, 0)
    })

    test('a token signed by another key or secret is refused', async () => {
      await assertRefused(`Bearer ${token({}, ecdsa(theirs.privateKey))}`)
      for (const guess of ['', 'secret', `${secret} `, secret.slice(0, -1), Buffer.alloc(32)])
        await assertRefused(`Bearer ${token({}, hmac(guess))}`)
    })

    test('a token signed with our secret by another hash is refused', async () => {
      for (const alg of ['HS384', 'HS512'])
        await assertRefused(`Bearer ${token({ header: { alg } }, hmac(secret, alg.replace('HS', 'sha')))}`)
    })

    test('a token of the other mode is refused', async () => {
      for (const { header, signer } of modes) {
        if (header.alg === mode.header.alg) continue
        await assertRefused(`Bearer ${token({ header }, signer)}`)
      }
    })
  })
}

describe('tokens against a key set alone', () => {
  let origin: string
  const app = createTestService()
  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'our-key' }

  before(async () => {
    const env = {
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: 'shop',
      AUTH_JWKS_URL: `${originOf(issuerServer)}/jwks.json`,
    }
    const logger = createLogger({ name: 'test', level: 'silent' })
    const verifyToken = createConfiguredVerifier(readConfig(authSettings, env), logger)
    app.get('/me', { onRequest: authenticate(verifyToken) }, async (request) => request.user)
    origin = await app.listen({ host: '127.0.0.1', port: 0 })
  })
  after(() => app.close())

  const statusOf = async (token: string) =>
    (await fetch(`${origin}/me`, { headers: { authorization: `Bearer ${token}` } })).status

  test('the public key is not accepted as a shared secret, in any form', async () => {
    const forms: (string | Buffer)[] = [
      publicPem,
      String(publicPem).trim(),
      publicDer,
      JSON.stringify(publicJwk),
      JSON.stringify({ keys: [publicJwk] }),
      Buffer.from(publicJwk.x ?? '', 'base64url'),
      String(publicJwk.x),
    ]
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const form of forms) {
        const hash = alg.replace('HS', 'sha')
        const forged = forgeToken({ header: { ...header, alg }, payload: claims }, hmac(form, hash))
        assert.equal(await statusOf(forged), 401, `${alg} ${String(form).slice(0, 20)}`)
      }
    }
  })

  test('a signature of zeros, of the order, or in DER is refused', async () => {
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
    const unit = Buffer.concat([Buffer.alloc(31), Buffer.from([1])])
    const signers: Record<string, Signer> = {
      'r = s = 0': bytes(Buffer.alloc(64)),
      'r = s = n': bytes(Buffer.concat([order, order])),
      'r = s = 1': bytes(Buffer.concat([unit, unit])),
      'r = 0': bytes(Buffer.concat([Buffer.alloc(32), unit])),
      'no bytes': bytes(Buffer.alloc(0)),
      '63 bytes': bytes(randomBytes(63)),
      '65 bytes': bytes(randomBytes(65)),
      '132 bytes': bytes(Buffer.alloc(132)),
      DER: ecdsa(ours.privateKey, 'der'),
      'DER of zeros': bytes(Buffer.from('3006020100020100', 'hex')),
      'a hash of the input': (input) => createHmac('sha512', publicPem).update(input).digest(),
    }
    for (const [name, signer] of Object.entries(signers))
      assert.equal(await statusOf(forgeToken({ header, payload: claims }, signer)), 401, name)
  })

  test('a kid that names no key of the issuer is refused, whatever its value', async () => {
    const kids: unknown[] = [
      undefined,
      null,
      '',
      0,
      true,
      {},
      ['our-key'],
      'their-key',
      'OUR-KEY',
      ' our-key',
      'our-key\u0000',
      '../../../../dev/null',
      '/dev/null',
      "our-key' UNION SELECT 'x",
      '| sleep 9',
      '__proto__',
      'constructor',
      'k'.repeat(4000),
    ]
    for (const kid of kids) {
      for (const signer of [ecdsa(ours.privateKey), hmac(''), bytes(Buffer.alloc(64))])
        assert.equal(
          await statusOf(forgeToken({ header: { ...header, kid }, payload: claims }, signer)),
          401,
          String(kid),
        )
    }
    // once to load the keys; unknown kids cause no more loads than the cooldown allows
    assert.ok(visits.issuer < 10, `the issuer was asked ${visits.issuer} times`)
  })
})
