import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { exportJWK, generateKeyPair, type JSONWebKeySet } from 'jose'
import { createKeySet, fetchKeySet } from '../../src/auth/key-set.ts'
import { AppError } from '../../src/errors.ts'

async function makeKey(kid: string) {
  const { publicKey } = await generateKeyPair('ES256')
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
}
const old = await makeKey('old')
const next = await makeKey('next')
const noToken = { payload: '', signature: '' }

/** Returns an issuer whose key set and availability the test controls. */
function fakeIssuer(keys: JSONWebKeySet['keys']) {
  const issuer = {
    keys,
    down: false,
    loads: 0,
    async load() {
      issuer.loads++
      if (issuer.down) throw new Error('down')
      return { keys: issuer.keys }
    },
  }
  return issuer
}

const refusedWith = (status: number) => (error: unknown) => {
  assert.ok(error instanceof AppError)
  assert.equal(error.status, status)
  return true
}

test('the set is loaded once for many concurrent requests', async () => {
  const issuer = fakeIssuer([old])
  const keys = createKeySet(issuer)
  await Promise.all(Array.from({ length: 20 }, () => keys.getKey({ alg: 'ES256', kid: 'old' }, noToken)))
  assert.equal(issuer.loads, 1)
})

test('a key published after the last load is found by loading again', async () => {
  const issuer = fakeIssuer([old])
  const keys = createKeySet({ ...issuer, load: issuer.load, cooldownMs: 0 })
  await keys.getKey({ alg: 'ES256', kid: 'old' }, noToken)
  issuer.keys = [old, next]
  await keys.getKey({ alg: 'ES256', kid: 'next' }, noToken)
  assert.equal(issuer.loads, 2)
})

test('unknown keys are refused without calling the issuer more than once per cooldown', async () => {
  const issuer = fakeIssuer([old])
  const keys = createKeySet({ load: issuer.load, cooldownMs: 60_000 })
  for (let i = 0; i < 50; i++) {
    await assert.rejects(
      async () => keys.getKey({ alg: 'ES256', kid: `unknown-${i}` }, noToken),
      refusedWith(401),
    )
  }
  assert.equal(issuer.loads, 1)
})

test('a token that names no key is refused even if there is only one', async () => {
  const keys = createKeySet(fakeIssuer([old]))
  await assert.rejects(async () => keys.getKey({ alg: 'ES256' }, noToken), refusedWith(401))
})

test('the last good set is used while the issuer is down', async () => {
  const issuer = fakeIssuer([old])
  const errors: unknown[] = []
  const keys = createKeySet({
    load: issuer.load,
    cooldownMs: 0,
    maxAgeMs: 0,
    onError: (error) => errors.push(error),
  })
  await keys.getKey({ alg: 'ES256', kid: 'old' }, noToken)
  issuer.down = true
  keys.revision()
  await setTimeout(5)
  await keys.getKey({ alg: 'ES256', kid: 'old' }, noToken)
  assert.ok(errors.length > 0)
})

test('an issuer that was never reached is a 503, and recovers', async () => {
  const issuer = fakeIssuer([old])
  issuer.down = true
  const keys = createKeySet({ load: issuer.load, firstCooldownMs: 100 })
  const getKey = async () => keys.getKey({ alg: 'ES256', kid: 'old' }, noToken)
  await assert.rejects(getKey, refusedWith(503))
  issuer.down = false
  await setTimeout(150)
  await getKey()
})

test('the revision changes when a key is withdrawn, not when one is added', async () => {
  const issuer = fakeIssuer([old])
  const keys = createKeySet({ load: issuer.load, cooldownMs: 0 })
  await keys.getKey({ alg: 'ES256', kid: 'old' }, noToken)
  const first = keys.revision()
  issuer.keys = [old, next]
  await keys.getKey({ alg: 'ES256', kid: 'next' }, noToken)
  assert.equal(keys.revision(), first)
  issuer.keys = [next]
  await assert.rejects(async () => keys.getKey({ alg: 'ES256', kid: 'gone' }, noToken))
  assert.notEqual(keys.revision(), first)
})

test('a symmetric key in the set is never used', async () => {
  const secret = { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', kid: 'shared', alg: 'HS256' }
  const keys = createKeySet(fakeIssuer([old, secret]))
  await assert.rejects(async () => keys.getKey({ alg: 'HS256', kid: 'shared' }, noToken), refusedWith(401))
})

/** Starts a server that answers every request with `answer`, and returns its URL. */
async function serve(t: TestContext, answer: Parameters<typeof createServer>[1]) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
}

test('fetchKeySet loads a set over HTTP', async (t) => {
  const url = await serve(t, (_request, response) => response.end(JSON.stringify({ keys: [old] })))
  assert.deepEqual(await fetchKeySet(url)(), { keys: [old] })
})

const nonsense: Record<string, Parameters<typeof createServer>[1]> = {
  'a redirect': (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'an error': (_request, response) => response.writeHead(500).end('{"keys":[]}'),
  'something that is not JSON': (_request, response) => response.end('<html>'),
  'JSON that is not UTF-8': (_request, response) =>
    response.end(Buffer.from('{"keys":[{"kty":"EC","kid":"\xff"}]}', 'latin1')),
  'JSON of another shape': (_request, response) => response.end('{"keys":"all of them"}'),
  'an endless body': (_request, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(16 * 1024, ' ')), 1)
    response.on('close', () => clearInterval(timer))
  },
  silence: () => {},
  'a dripping body': (_request, response) => {
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  },
}

for (const [name, answer] of Object.entries(nonsense)) {
  test(`fetchKeySet rejects ${name}`, async (t) => {
    await assert.rejects(fetchKeySet(await serve(t, answer), { timeoutMs: 200 })())
  })
}
