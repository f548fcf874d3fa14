import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { testKeySet } from '@shop/tests/kit/tokens'
import { discoverKeySet } from '../../src/auth/discovery.ts'
import { createKeySet } from '../../src/auth/key-set.ts'

const configurationPath = '/tenant/.well-known/openid-configuration'

/** Starts a server, and returns the issuer that it is of. */
async function serve(t: TestContext, answer: (issuer: string) => Record<string, unknown>) {
  let issuer = ''
  const listener: RequestListener = (request, response) => {
    const body = answer(issuer)[request.url ?? '']
    if (typeof body === 'function') return body(response)
    response.writeHead(body ? 200 : 404).end(JSON.stringify(body))
  }
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`
  return issuer
}

for (const slash of ['', '/']) {
  test(`keys are found through the configuration of an issuer ${slash ? 'with' : 'without'} a slash at its end`, async (t) => {
    const issuer = await serve(t, (name) => ({
      [configurationPath]: { issuer: name + slash, jwks_uri: `${name}/keys` },
      '/tenant/keys': testKeySet,
    }))
    assert.deepEqual(await discoverKeySet(issuer + slash)(), testKeySet)
  })
}

const refused: Record<string, [answers: (issuer: string) => Record<string, unknown>, message: RegExp]> = {
  'there is none': [() => ({}), /openid-configuration answered 404/],
  'it is of another issuer': [
    (issuer) => ({ [configurationPath]: { issuer: `${issuer}/`, jwks_uri: `${issuer}/keys` } }),
    /is of the issuer/,
  ],
  'it has no issuer': [
    (issuer) => ({ [configurationPath]: { jwks_uri: `${issuer}/keys` } }),
    /is of the issuer/,
  ],
  'it is an array': [() => ({ [configurationPath]: [] }), /is of the issuer/],
  'it names no keys': [(issuer) => ({ [configurationPath]: { issuer } }), /has no jwks_uri/],
  'it names a file': [
    (issuer) => ({ [configurationPath]: { issuer, jwks_uri: 'file:///etc/passwd' } }),
    /has no jwks_uri/,
  ],
  'its keys are missing': [
    (issuer) => ({ [configurationPath]: { issuer, jwks_uri: `${issuer}/keys` } }),
    /keys answered 404/,
  ],
  'its keys are no key set': [
    (issuer) => ({
      [configurationPath]: { issuer, jwks_uri: `${issuer}/keys` },
      '/tenant/keys': { keys: 'none' },
    }),
    /keys did not answer with a JSON Web Key Set/,
  ],
}
for (const [name, [answers, message]] of Object.entries(refused)) {
  test(`no keys are found by a configuration if ${name}`, async (t) => {
    await assert.rejects(discoverKeySet(await serve(t, answers))(), message)
  })
}

test('a configuration that never arrives is given up', async (t) => {
  const issuer = await serve(t, () => ({ [configurationPath]: () => undefined }))
  await assert.rejects(discoverKeySet(issuer, { timeoutMs: 100 })())
})

test('the last keys stay in use while the configuration is unavailable, and moved keys are found', async (t) => {
  let path: string | undefined = 'keys'
  const issuer = await serve(t, (name) => ({
    [configurationPath]: path && { issuer: name, jwks_uri: `${name}/${path}` },
    [`/tenant/${path}`]: testKeySet,
  }))
  const errors: unknown[] = []
  const keys = createKeySet({
    load: discoverKeySet(issuer),
    cooldownMs: 0,
    onError: (error) => errors.push(error),
  })
  const header = { alg: 'ES256', kid: 'test-key' }
  const find = (kid = header.kid) => keys.getKey({ ...header, kid }, { payload: '', signature: '' })
  await find()
  path = undefined
  await assert.rejects(async () => find('another'))
  assert.equal(errors.length, 1)
  await find()
  path = 'moved'
  await assert.rejects(async () => find('another'))
  assert.equal(errors.length, 1, 'the keys were loaded from the new address')
})
