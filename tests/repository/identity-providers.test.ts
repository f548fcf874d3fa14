import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { authenticate } from '@shop/service/auth/authenticate'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { authSettings } from '@shop/service/auth/settings'
import { readConfig } from '@shop/service/config'
import { createService } from '@shop/service/http/service'
import { createLogger } from '@shop/service/logger'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'

type Example = {
  provider: string
  settings: Record<string, string>
  header: { alg: string; kid: string; typ?: string }
  claims: Record<string, unknown>
  id: string
}

const page = readFileSync(join(import.meta.dirname, '../../docs/identity.md'), 'utf8')
const logger = createLogger({ name: 'test', level: 'silent' })

/** Returns the example of a section: its settings, a token in two lines, and who that token is of. */
function readExample(section: string): Example[] {
  const blocks = [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block)
  const settings = blocks.find((block) => block.startsWith('    AUTH_ISSUER='))
  const token = blocks.find((block) => block.startsWith('    {'))
  const [, id = ''] = /^The user is `([0-9a-f-]+)`, an admin\.$/m.exec(section) ?? []
  if (!settings || !token) return []
  const [header = '', ...claims] = token.split('\n')
  return [
    {
      provider: /^.*/.exec(section)?.[0] ?? '',
      settings: Object.fromEntries(
        settings
          .trim()
          .split('\n')
          .map((line) => line.trim().split(/=(.*)/)),
      ),
      header: JSON.parse(header),
      claims: JSON.parse(claims.join('\n')),
      id,
    },
  ]
}

const examples = page.split(/^## /m).flatMap(readExample)

test('docs/identity.md has an example for each of the providers that it names at the top', () => {
  const [introduction = ''] = page.split(/^## /m)
  const named = [...introduction.matchAll(/\[([\w ]+)\]\(#/g)].map(([, name]) => name)
  assert.ok(named.length >= 8)
  assert.deepEqual(
    examples.map(({ provider }) => provider),
    named,
  )
})

const algorithms = ['RS256', 'ES256']
const pairs = new Map(
  await Promise.all(algorithms.map(async (alg) => [alg, await generateKeyPair(alg)] as const)),
)

for (const { provider, settings, header, claims, id } of examples) {
  describe(`a token of ${provider}`, () => {
    const issuer = createServer(async (_request, response) => {
      const jwk = await exportJWK(pairs.get(header.alg)?.publicKey as CryptoKey)
      response.end(JSON.stringify({ keys: [{ ...jwk, kid: header.kid, use: 'sig' }] }))
    })
    let token: string
    before(async () => {
      await once(issuer.listen(0, '127.0.0.1'), 'listening')
      const age = Math.floor(Date.now() / 1000) - Number(claims.iat)
      const times = ['iat', 'nbf', 'exp'].filter((name) => name in claims)
      const current = Object.fromEntries(times.map((name) => [name, Number(claims[name]) + age]))
      token = await new SignJWT({ ...claims, ...current })
        .setProtectedHeader(header)
        .sign(pairs.get(header.alg)?.privateKey as CryptoKey)
    })
    after(() => issuer.close())

    /** Returns the user that a service with these settings sees, or the status of its answer. */
    async function userWith(env: Record<string, string>) {
      const { port } = issuer.address() as AddressInfo
      const keys = { AUTH_JWKS_URL: `http://127.0.0.1:${port}/` }
      const config = readConfig(authSettings, { ...env, ...keys })
      const app = createService({
        title: 'Test',
        version: '1',
        description: 'Test',
        logger,
        checkReadiness: async () => {},
      })
      const verifyToken = createConfiguredVerifier(config, logger)
      app.get('/me', { onRequest: authenticate(verifyToken) }, async ({ user }) => user)
      const response = await app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })
      await app.close()
      return response.statusCode === 200 ? response.json() : response.statusCode
    }

    test('is accepted with the settings of its example', async () => {
      assert.deepEqual(await userWith(settings), { id, role: 'admin' })
    })

    test('is refused without them', async () => {
      const { AUTH_ISSUER = '', AUTH_AUDIENCE = '' } = settings
      assert.equal(await userWith({ AUTH_ISSUER, AUTH_AUDIENCE }), 401)
    })

    for (const name of Object.keys(settings).filter((env) => env !== 'AUTH_JWKS_URL')) {
      test(`needs ${name}`, async () => {
        const required = ['AUTH_ISSUER', 'AUTH_AUDIENCE'].includes(name)
        const others = { ...settings, [name]: required ? 'another' : '' }
        assert.notDeepEqual(await userWith(others), { id, role: 'admin' })
      })
    }
  })
}
