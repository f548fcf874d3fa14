import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startServiceProcess } from '@shop/tests/kit/service-process'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const account = { email: 'owner@example.com', password: 'a good password', name: 'Owner' }

/** Starts the real service in its own process, without effective credential limits. Returns its origin. */
async function startService(t: TestContext): Promise<string> {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const { url } = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    DATABASE_CONNECT_TIMEOUT_MS: '20000',
    CREDENTIAL_ATTEMPTS_PER_ADDRESS: '1000000',
    PASSWORD_HASH_QUEUE_LIMIT: '40',
  })
  return url
}

async function call(url: string, options: { body?: object; token?: string } = {}) {
  const { body, token } = options
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body ? JSON.stringify(body) : null,
  })
  const answered = (await response.json()) as Record<string, string>
  return { status: response.status, headers: response.headers, body: answered }
}

test('a flood of logins does not delay others: all are answered, with reads in between', async (t) => {
  const origin = await startService(t)
  await call(`${origin}/users/register`, { body: account })
  const { email, password } = account
  const login = { body: { email, password } }
  const token = String((await call(`${origin}/users/login`, login)).body.accessToken)

  let answered = 0
  const flood = Array.from({ length: 300 }, async (_, index) => {
    const answer = await call(`${origin}/users/login`, { body: { email: `${index}@example.com`, password } })
    answered++
    return answer
  })
  // these reads are sent after all the logins, and answered before most of their hashes
  let reads = 0
  while (answered < flood.length) {
    const [health, me] = await Promise.all([call(`${origin}/healthz`), call(`${origin}/users/me`, { token })])
    assert.deepEqual([health.status, me.status, me.body.email], [200, 200, email])
    if (answered < flood.length) reads++
  }
  assert.ok(reads >= 3, `only ${reads} reads were answered before the last login`)

  const answers = await Promise.all(flood)
  const statuses = answers.map(({ status }) => status)
  assert.deepEqual([...new Set(statuses)].sort(), [401, 503])
  for (const { status, headers, body } of answers) {
    if (status !== 503) continue
    assert.equal(body.code, 'overloaded')
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  }
  assert.equal((await call(`${origin}/users/login`, login)).status, 200)
})
